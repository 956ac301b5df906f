/* What stands beside the table of transports, lib/proto/transport_info.def, agrees with it. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/proto/transport_info.h"
#include "servers/route.h"
#include "servers/web/web_assets.h"

START_TEST(every_transport_is_served)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++) {
        ck_assert_ptr_eq(transports[i]->info, &transport_infos[i]);
        ck_assert(transports[i]->open != NULL);
    }
    ck_assert_ptr_null(transports[TRANSPORT_COUNT]);
}
END_TEST

static void expect_in_asset(const char *path, const char *text)
{
    const struct web_asset *a = web_assets;

    while (a->path != NULL && strcmp(a->path, path) != 0)
        a++;
    ck_assert_msg(a->path != NULL, "no %s", path);
    ck_assert_msg(memmem(a->data, a->len, text, strlen(text)) != NULL, "%s: no %s", path, text);
}

/* servers/web/transport_info.awk has read all of the table. */
START_TEST(the_live_page_has_the_same_table)
{
    for (size_t i = 0; i < TRANSPORT_COUNT; i++) {
        const struct transport_info *t = &transport_infos[i];
        char line[200];

        snprintf(line, sizeof line, "{ name: '%s', label: '%s', path: '%s', open: %s }", t->name,
                 t->short_label, t->path, transport_info_polls(t) ? "false" : "true");
        expect_in_asset("/web/transport_info.js", line);
        snprintf(line, sizeof line, "\n[data-transport=\"%s\"] { --lane: #%06X; }\n", t->name,
                 (unsigned)t->rgb);
        expect_in_asset("/web/transport_info.css", line + (i == 0));
        if (t->rgb_on_dark == 0)
            continue;
        snprintf(line, sizeof line, "\"dark\"] [data-transport=\"%s\"] { --lane: #%06X; }\n",
                 t->name, (unsigned)t->rgb_on_dark);
        expect_in_asset("/web/transport_info.css", line);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("transports");
    TCase *tc = tcase_create("transports");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_test(tc, every_transport_is_served);
    tcase_add_test(tc, the_live_page_has_the_same_table);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
