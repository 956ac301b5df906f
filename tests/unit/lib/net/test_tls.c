/* lib/net/tls.c, lib/net/tls_cert.c: certificates, files, trust. Handshakes are in test_conn_tls.c.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "lib/net/tls.h"
#include "tests/unit/lib/net/tls_fixture.h"

static X509 *make(const char *host)
{
    X509 *cert;
    EVP_PKEY *key;

    ck_assert_int_eq(tls_cert_make(&cert, &key, host), 0);
    ck_assert_int_eq(X509_verify(cert, key), 1); /* signed by itself */
    EVP_PKEY_free(key);
    return cert;
}

START_TEST(cert_is_for_localhost_its_addresses_and_the_host_5280_4_2_1_6)
{
    X509 *cert = make("lab.example");

    ck_assert_int_eq(X509_check_host(cert, "localhost", 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_ip_asc(cert, "127.0.0.1", 0), 1);
    ck_assert_int_eq(X509_check_ip_asc(cert, "::1", 0), 1);
    ck_assert_int_eq(X509_check_host(cert, "lab.example", 0, 0, NULL), 1);
    ck_assert_int_eq(X509_check_host(cert, "other.example", 0, 0, NULL), 0);
    ck_assert_int_eq(X509_check_ip_asc(cert, "127.0.0.2", 0), 0);
    X509_free(cert);
}
END_TEST

static int count_names(X509 *cert)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    int n = sk_GENERAL_NAME_num(names);

    GENERAL_NAMES_free(names);
    return n;
}

START_TEST(cert_names_nobody_twice)
{
    static const struct {
        const char *host;
        int names;
    } cases[] = {{NULL, 3}, {"localhost", 3}, {"::1", 3}, {"10.1.2.3", 4}, {"fd00::2", 4}};

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        X509 *cert = make(cases[i].host);

        ck_assert_int_eq(count_names(cert), cases[i].names);
        if (cases[i].names == 4)
            ck_assert_int_eq(X509_check_ip_asc(cert, cases[i].host, 0), 1);
        X509_free(cert);
    }
}
END_TEST

START_TEST(cert_is_valid_now_and_not_for_long)
{
    X509 *cert = make(NULL), *other = make(NULL);
    time_t day_s = 24 * 3600, now = time(NULL), later = now + 40 * day_s;

    ck_assert_int_eq(X509_cmp_time(X509_get0_notBefore(cert), &now), -1);
    ck_assert_int_eq(X509_cmp_time(X509_get0_notAfter(cert), &now), 1);
    ck_assert_int_eq(X509_cmp_time(X509_get0_notAfter(cert), &later), -1);
    ck_assert_int_ne(ASN1_INTEGER_cmp(X509_get0_serialNumber(cert), X509_get0_serialNumber(other)),
                     0);
    X509_free(cert);
    X509_free(other);
}
END_TEST

START_TEST(write_cert_writes_the_certificate_and_no_key)
{
    struct tls_pair p = tls_pair_new(TLS_ANY, TLS_ANY);
    struct err_text e;
    char path[64], text[8192] = "";
    FILE *file;

    tls_temp_path(path);
    ck_assert_int_eq(tls_write_cert(p.server, path, &e), 0);
    file = fopen(path, "r");
    ck_assert_uint_gt(fread(text, 1, sizeof text - 1, file), 100);
    fclose(file);
    ck_assert_ptr_nonnull(strstr(text, "BEGIN CERTIFICATE"));
    ck_assert_ptr_null(strstr(text, "KEY"));
    ck_assert_int_eq(tls_write_cert(p.server, "/nowhere/cert.pem", &e), PL_ESYS);
    ck_assert_str_eq(e.text, "--tls-write-cert: /nowhere/cert.pem: No such file or directory");
    unlink(path);
    tls_pair_free(&p);
}
END_TEST

/* ---- files ---- */

enum { FILE_CERT = 1, FILE_KEY = 2, FILE_ENCRYPTED = 4 };

static void write_pem(char path[64], X509 *cert, EVP_PKEY *key, int what)
{
    static const unsigned char word[] = "secret";
    const EVP_CIPHER *cipher = what & FILE_ENCRYPTED ? EVP_aes_128_cbc() : NULL;
    FILE *file;

    tls_temp_path(path);
    file = fopen(path, "w");
    if (what & FILE_CERT)
        ck_assert_int_eq(PEM_write_X509(file, cert), 1);
    if (what & (FILE_KEY | FILE_ENCRYPTED))
        ck_assert_int_eq(PEM_write_PrivateKey(file, key, cipher, word, 6, NULL, NULL), 1);
    fclose(file);
}

/* What the server says to these files; "" when it takes them. */
static const char *server_says(const char *cert_path, const char *key_path)
{
    static struct err_text e;
    struct tls_server_options o = {.cert_path = cert_path, .key_path = key_path};
    struct tls *t;

    e.text[0] = '\0';
    if (tls_new_server(&t, &o, &e) < 0) {
        ck_assert_ptr_null(t);
        ck_assert_ptr_null(strchr(e.text, '\n'));
    }
    tls_free(t);
    return e.text;
}

static void check_says(const char *said, const char *option, const char *path, const char *why)
{
    char want[320];

    snprintf(want, sizeof want, "%s: %s: %s", option, path, why);
    ck_assert_str_eq(said, want);
}

START_TEST(server_takes_files_and_names_the_one_that_is_wrong)
{
    char both[64], cert_path[64], key_path[64], other_path[64], locked[64], empty[64];
    X509 *cert;
    EVP_PKEY *key, *other = EVP_EC_gen("P-256");

    ck_assert_int_eq(tls_cert_make(&cert, &key, NULL), 0);
    write_pem(both, cert, key, FILE_CERT | FILE_KEY);
    write_pem(cert_path, cert, key, FILE_CERT);
    write_pem(key_path, cert, key, FILE_KEY);
    write_pem(other_path, cert, other, FILE_KEY);
    write_pem(locked, cert, key, FILE_ENCRYPTED);
    write_pem(empty, cert, key, 0);
    ck_assert_str_eq(server_says(both, NULL), "");
    ck_assert_str_eq(server_says(cert_path, key_path), "");
    check_says(server_says("/nowhere", NULL), "--tls-cert", "/nowhere",
               "No such file or directory");
    check_says(server_says(empty, NULL), "--tls-cert", empty, "holds no certificate");
    check_says(server_says(cert_path, empty), "--tls-key", empty, "holds no key in the clear");
    check_says(server_says(cert_path, NULL), "--tls-cert (its key)", cert_path,
               "holds no key in the clear");
    check_says(server_says(cert_path, other_path), "--tls-key", other_path,
               "is not the certificate's key");
    check_says(server_says(cert_path, locked), "--tls-key", locked, "holds no key in the clear");
    unlink(both);
    unlink(cert_path);
    unlink(key_path);
    unlink(other_path);
    unlink(locked);
    unlink(empty);
    X509_free(cert);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
}
END_TEST

START_TEST(client_names_a_ca_file_that_is_wrong)
{
    struct tls_client_options o = {.host = "localhost", .ca_path = "/nowhere"};
    struct err_text e;
    struct tls *t;
    char empty[64];

    ck_assert_int_eq(tls_new_client(&t, &o, &e), PL_EINVAL);
    check_says(e.text, "--tls-ca", "/nowhere", "No such file or directory");
    tls_temp_path(empty);
    o.ca_path = empty;
    ck_assert_int_eq(tls_new_client(&t, &o, &e), PL_EINVAL);
    check_says(e.text, "--tls-ca", empty, "holds no certificate");
    unlink(empty);
    o.ca_path = NULL; /* what the system trusts */
    ck_assert_int_eq(tls_new_client(&t, &o, &e), 0);
    tls_free(t);
    tls_free(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tls");
    TCase *tc = tcase_create("tls");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, cert_is_for_localhost_its_addresses_and_the_host_5280_4_2_1_6);
    tcase_add_test(tc, cert_names_nobody_twice);
    tcase_add_test(tc, cert_is_valid_now_and_not_for_long);
    tcase_add_test(tc, write_cert_writes_the_certificate_and_no_key);
    tcase_add_test(tc, server_takes_files_and_names_the_one_that_is_wrong);
    tcase_add_test(tc, client_names_a_ca_file_that_is_wrong);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
