#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <openssl/crypto.h>

#include "lib/base/err.h"
#include "lib/proto/ws_handshake.h"

/* The first from RFC 6455 §1.3; the others computed with sha1sum and base64. */
static const struct {
    const char *key, *accept;
} pairs[] = {
    {"dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
    {"x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="},
    {"AAAAAAAAAAAAAAAAAAAAAA==", "ICX+Yqv66kxgM0FcWaLWlFLwTAI="},
    {"/////////////////////w==", "XXpj4jYzLM2yUE0C7TIgMwTQh2g="},
};

START_TEST(ws_accept_is_the_hash_of_key_and_guid_1_3)
{
    char accept[WS_ACCEPT_CHARS + 1];

    ck_assert_int_eq(ws_accept_from_key(accept, pairs[_i].key), PL_OK);
    ck_assert_str_eq(accept, pairs[_i].accept);
    ck_assert(ws_key_valid(pairs[_i].key));
}
END_TEST

START_TEST(ws_key_is_the_nonce_in_base64_1_3)
{
    uint8_t ones[16];
    char key[WS_KEY_CHARS + 1];

    ws_key_encode(key, (const uint8_t *)"the sample nonce");
    ck_assert_str_eq(key, "dGhlIHNhbXBsZSBub25jZQ==");
    memset(ones, 0xff, sizeof ones);
    ws_key_encode(key, ones);
    ck_assert_str_eq(key, "/////////////////////w==");
}
END_TEST

static const char *const bad_keys[] = {
    "",
    "=",
    "dGhlIHNhbXBsZSBub25jZ",     /* cut */
    "dGhlIHNhbXBsZSBub25jZQ",    /* no padding */
    "dGhlIHNhbXBsZSBub25jZQ=",   /* too little */
    "dGhlIHNhbXBsZSBub25jZQ===", /* too much */
    "dGhlIHNhbXBsZSBub25jZQ== ", /* trailing white space is the HTTP reader's to remove */
    "dGhlIHNhbXBsZSBub25jZQ==x",
    "dGhlIHNhbXBsZSBub25jZWE=", /* 17 bytes */
    "dGhlIHNhbXBsZSBub25jZWFh", /* 18 bytes */
    "dGhlIHNhbXBsZSBub24=",     /* 14 bytes */
    "dGhlIHNhbXBs_SBub25jZQ==", /* base64url's digits */
    "dGhlIHNhbXBs-SBub25jZQ==",
    "dGhlIHNhbXBs SBub25jZQ==",
    "dGhlIHNhbXBs=SBub25jZQ==",
    "dGhlIHNhbXBs\xc3SBub25jZQ==",
    "dGhlIHNhbXBsZSBub25jZQ=A",
};

START_TEST(ws_key_of_anything_but_16_bytes_is_refused_4_2_1)
{
    /* a copy of its own: reading past its end is an error that the sanitizer sees */
    char *key = strdup(bad_keys[_i]);

    ck_assert(!ws_key_valid(key));
    free(key);
}
END_TEST

START_TEST(ws_key_with_bits_left_over_still_decodes_to_16_bytes_4_2_1)
{
    ck_assert(ws_key_valid("AAAAAAAAAAAAAAAAAAAAAB=="));
    ck_assert(ws_key_valid("+/+/+/+/+/+/+/+/+/+/+/=="));
}
END_TEST

/* ---- the start, when memory runs out ---- */

enum { STARTS = 80 }; /* OpenSSL's context is made by the first fifty allocations */

static int allocations, failing;

static bool fails(void)
{
    return ++allocations == failing;
}

static void *allocate(size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : malloc(len);
}

static void *reallocate(void *p, size_t len, const char *file, int line)
{
    (void)file;
    (void)line;
    return fails() ? NULL : realloc(p, len);
}

static void release(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* The exit status of a process in which the n-th allocation of the crypto library fails. */
static int start_without(int n)
{
    int status;
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        failing = n;
        _exit(CRYPTO_set_mem_functions(allocate, reallocate, release) != 1 ? 3
              : ws_handshake_start() == PL_OK                              ? 0
                                                                           : 1);
    }
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    return status;
}

START_TEST(the_start_fails_in_order_when_memory_runs_out)
{
    int refused = 0;

    for (int n = 0; n < STARTS; n++) {
        int status = start_without(n);

        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) <= 1,
                      "without allocation %d: status %d", n, status);
        refused += WEXITSTATUS(status);
    }
    ck_assert_int_gt(refused, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ws_handshake");
    TCase *tc = tcase_create("ws_handshake");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_loop_test(tc, ws_accept_is_the_hash_of_key_and_guid_1_3, 0,
                        sizeof pairs / sizeof *pairs);
    tcase_add_test(tc, ws_key_is_the_nonce_in_base64_1_3);
    tcase_add_loop_test(tc, ws_key_of_anything_but_16_bytes_is_refused_4_2_1, 0,
                        sizeof bad_keys / sizeof *bad_keys);
    tcase_add_test(tc, ws_key_with_bits_left_over_still_decodes_to_16_bytes_4_2_1);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_start_fails_in_order_when_memory_runs_out);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
