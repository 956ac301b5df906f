/* bench/scenario/scenario*.c: what is accepted, what is refused and in which words. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "bench/base/file.h"
#include "bench/base/json.h"
#include "bench/scenario/scenario.h"
#include "bench/scenario/scenario_args.h"
#include "bench/scenario/scenario_keys.h"
#include "lib/proto/transport_info.h"

static struct scenario scenario;
static struct err_text error;

static void tear_down(void)
{
    scenario_free(&scenario);
}

static int parse(const char *text)
{
    error.text[0] = '\0';
    return scenario_parse(&scenario, "dir/x.json", text, strlen(text), &error);
}

static void parse_well(const char *text)
{
    int rc = parse(text);

    ck_assert_msg(rc == 0, "%s", error.text);
}

#define ROWS "\"rows\":[{\"transport\":\"sse\"}]"

START_TEST(scenario_fills_in_the_defaults)
{
    parse_well("{" ROWS "}");
    ck_assert_str_eq(scenario.name, "x"); /* from the file's name */
    ck_assert_str_eq(scenario.title, "x");
    ck_assert_int_eq(scenario.clients, 50);
    ck_assert_double_eq(scenario.warmup_s, SCENARIO_UNSET);
    ck_assert_double_eq(scenario.duration_s, 6);
    ck_assert_double_eq(scenario.drain_s, 5);
    ck_assert_int_eq(scenario.seed, 1);
    ck_assert_double_eq(scenario.source.rate_hz, 10);
    ck_assert_int_eq(scenario.source.payload_bytes, 128);
    ck_assert_str_eq(scenario.server.listen, "127.0.0.1:0");
    ck_assert_int_eq(scenario.server.history, 1024);
    ck_assert_uint_eq(scenario.nrows, 1);
    ck_assert_str_eq(scenario.rows[0].id, "sse");
    ck_assert_int_eq(scenario.rows[0].interval_ms, SCENARIO_UNSET);
}
END_TEST

START_TEST(scenario_reads_what_is_given)
{
    parse_well("{\"name\":\"n\",\"title\":\"T\",\"clients\":7,\"seed\":0,\"link\":\"loopback\","
               "\"source\":{\"rate_hz\":0.5,\"pattern\":\"bursts\",\"burst_on_ms\":20},"
               "\"server\":{\"history\":64},\"rows\":[{\"transport\":\"long-poll\",\"hold_ms\":100,"
               "\"connection\":\"close\",\"id\":\"mine\"}]}");
    ck_assert_str_eq(scenario.name, "n");
    ck_assert_str_eq(scenario.title, "T");
    ck_assert_int_eq(scenario.clients, 7);
    ck_assert_int_eq(scenario.seed, 0);
    ck_assert_double_eq(scenario.source.rate_hz, 0.5);
    ck_assert_int_eq(scenario.source.pattern, 2);
    ck_assert_int_eq(scenario.source.burst_on_ms, 20);
    ck_assert_int_eq(scenario.server.history, 64);
    ck_assert_int_eq(scenario.rows[0].connection, CONNECTION_CLOSE);
    ck_assert_int_eq(scenario.rows[0].hold_ms, 100);
    ck_assert_str_eq(scenario.rows[0].id, "mine");
}
END_TEST

START_TEST(scenario_ids_tell_the_connection_and_several_intervals)
{
    parse_well("{\"rows\":[{\"transport\":\"short-poll\"},"
               "{\"transport\":\"short-poll\",\"connection\":\"close\",\"interval_ms\":250},"
               "{\"transport\":\"long-poll\",\"connection\":\"close\"}]}");
    ck_assert_str_eq(scenario.rows[0].id, "short-poll@1000ms");
    ck_assert_str_eq(scenario.rows[1].id, "short-poll+close@250ms");
    ck_assert_str_eq(scenario.rows[2].id, "long-poll+close");
}
END_TEST

START_TEST(scenario_ids_tell_the_poll_mode)
{
    parse_well("{\"rows\":[{\"transport\":\"short-poll\",\"poll\":\"clock\"},"
               "{\"transport\":\"short-poll\",\"poll\":\"pause\",\"connection\":\"close\"},"
               "{\"transport\":\"short-poll\",\"poll\":\"backoff\",\"interval_ms\":250}]}");
    ck_assert_str_eq(scenario.rows[0].id, "short-poll@1000ms");
    ck_assert_str_eq(scenario.rows[1].id, "short-poll+pause+close@1000ms");
    ck_assert_str_eq(scenario.rows[2].id, "short-poll+backoff@250ms");
}
END_TEST

START_TEST(scenario_ids_stay_short_with_one_interval)
{
    parse_well("{\"rows\":[{\"transport\":\"short-poll\",\"interval_ms\":250},"
               "{\"transport\":\"short-poll\",\"connection\":\"close\",\"interval_ms\":250}]}");
    ck_assert_str_eq(scenario.rows[0].id, "short-poll");
    ck_assert_str_eq(scenario.rows[1].id, "short-poll+close");
}
END_TEST

static const struct {
    const char *text, *message;
} refusals[] = {
    {"{\"rows\":[{\"transport\":\"sse\"},{\"transport\":\"sse\",\"id\":\"b\"},"
     "{\"transport\":\"short-poll\",\"interval_ms\":\"x\"}]}",
     "dir/x.json: rows[2].interval_ms: 'x' is not a number; accepted: 1 to 3600000, or a "
     "time such as \"2s\""},
    {"{\"rows\":[{\"transport\":\"short-poll\",\"interval_ms\":0}]}",
     "dir/x.json: rows[0].interval_ms: '0' is out of range; accepted: 1 to 3600000"},
    {"{\"clients\":1.5," ROWS "}",
     "dir/x.json: clients: '1.5' is not a whole number; accepted: 1 to 1000000"},
    {"{\"clients\":1e999," ROWS "}", "dir/x.json: clients: 'null' is out of range; "
                                     "accepted: 1 to 1000000"},
    {"{\"duration_s\":true," ROWS "}",
     "dir/x.json: duration_s: 'true' is not a number; accepted: 0.1 to 86400, or a "
     "time such as \"2s\""},
    {"{\"speed\":1," ROWS "}",
     "dir/x.json: unknown key 'speed'; did you mean seed? accepted: name, title, source, clients, "
     "ramp_per_s, "
     "source_addresses, warmup_s, duration_s, drain_s, repeat, order, seed, channel, latest, "
     "room_size, pick, "
     "deadline_ms, poll_jitter_ms, send, balancer, faults, require, reconnect, link, heads, "
     "line_per_client, "
     "ip, tls, "
     "tls_version, "
     "server, rows"},
    {"{\"server\":{\"histroy\":1}," ROWS "}",
     "dir/x.json: server: unknown key 'histroy'; did you mean history? accepted: listen, history, "
     "max_hold_ms, "
     "heartbeat_ms, retry_ms, ws_ping_ms, backlog_bytes, max_connections, sndbuf_bytes, "
     "rcvbuf_bytes, stamp, poll_cache, history_file, test_delay_ms"},
    {"{\"rows\":[{\"transport\":\"sse\",\"\\u001b[31m\":1}]}",
     "dir/x.json: rows[0]: unknown key '?[31m'; accepted: transport, connection, interval_ms, "
     "poll, interval_max_ms, backoff_factor, hold_ms, tls_resume, expect, heartbeat_ms, balancer, "
     "faults, history_file, reconnect, id"},
    {"{\"seed\":1,\"seed\":2," ROWS "}",
     "dir/x.json: given twice: key 'seed'; accepted: name, title, source, clients, ramp_per_s, "
     "source_addresses, warmup_s, duration_s, drain_s, repeat, order, seed, channel, latest, "
     "room_size, pick, "
     "deadline_ms, poll_jitter_ms, send, balancer, faults, require, reconnect, link, heads, "
     "line_per_client, "
     "ip, tls, "
     "tls_version, "
     "server, rows"},
    {"{\"rows\":[{\"transport\":\"carrier-pigeon\"}]}",
     "dir/x.json: rows[0].transport: 'carrier-pigeon' is not valid; accepted: "
     "short-poll, long-poll, stream, sse, websocket"},
    {"{\"rows\":[{}]}", "dir/x.json: rows[0].transport: missing; accepted: short-poll, long-poll, "
                        "stream, sse, websocket"},
    {"{\"rows\":[{\"transport\":\"sse\",\"connection\":\"close\"}]}",
     "dir/x.json: rows[0].connection: only short-poll and long-poll can close after each "
     "response; accepted: keep-alive"},
    {"{\"rows\":[{\"transport\":\"sse\",\"interval_ms\":9}]}",
     "dir/x.json: rows[0].interval_ms: only short-poll has an interval; accepted: no interval_ms "
     "here"},
    {"{\"rows\":[{\"transport\":\"long-poll\",\"poll\":\"pause\"}]}",
     "dir/x.json: rows[0].poll: only short-poll has a mode; accepted: no poll here"},
    {"{\"rows\":[{\"transport\":\"short-poll\",\"poll\":\"pause\",\"interval_max_ms\":9}]}",
     "dir/x.json: rows[0].interval_max_ms: has no meaning without poll backoff; accepted: poll "
     "backoff, or no interval_max_ms"},
    {"{\"rows\":[{\"transport\":\"short-poll\",\"backoff_factor\":1.5}]}",
     "dir/x.json: rows[0].backoff_factor: has no meaning without poll backoff; accepted: poll "
     "backoff, or no backoff_factor"},
    {"{\"rows\":[{\"transport\":\"short-poll\",\"poll\":\"backoff\",\"interval_ms\":70000}]}",
     "dir/x.json: rows[0].interval_max_ms: is shorter than interval_ms; accepted: 70000 to "
     "3600000"},
    {"{\"rows\":[{\"transport\":\"short-poll\",\"hold_ms\":9}]}",
     "dir/x.json: rows[0].hold_ms: only long-poll is held; accepted: no hold_ms here"},
    {"{\"rows\":[{\"transport\":\"sse\"},{\"transport\":\"sse\"}]}",
     "dir/x.json: rows[1].id: 'sse' is already rows[0]; accepted: an id of its own"},
    {"{\"rows\":[{\"transport\":\"sse\",\"id\":\"../x\"}]}",
     "dir/x.json: rows[0].id: '../x' has characters that are not allowed; accepted: 1 to 47 "
     "letters, digits and @ . _ + -, a letter or digit first"},
    {"{\"title\":\"a\\nb\"," ROWS "}", "dir/x.json: title: 'a\\nb' has characters that are "
                                       "not allowed; accepted: one line of 1 to 159 bytes"},
    {"{\"name\":\"\"," ROWS "}",
     "dir/x.json: name: '' is empty; accepted: 1 to 47 letters, digits and @ . _ + -, a letter or "
     "digit first"},
    {"{\"link\":\"rtt=soon\"," ROWS "}",
     "dir/x.json: link: rtt: 'soon' is not valid; accepted: a time such as 80ms, at most 60s"},
    {"{\"link\":[\"loopback\",\"loss=200%\"]," ROWS "}",
     "dir/x.json: link[1]: loss: '200%' is not valid; accepted: 0% to 100%"},
    {"{\"link\":[]," ROWS "}",
     "dir/x.json: link: '[]' is empty; accepted: loopback, a profile (pushlab-link list), "
     "values such as rtt=50ms,loss=1%, or a list of 1 to 16 of these"},
    {"{\"source\":[]," ROWS "}",
     "dir/x.json: source: '[]' is not an object; accepted: kind, rate_hz, pattern, burst_on_ms, "
     "burst_off_ms, payload_bytes, trace_file, trace_speed, trace_loop, speed, rooms, tick_hz"},
    {"{\"source\":{\"trace_loop\":1}," ROWS "}",
     "dir/x.json: source.trace_loop: '1' is neither true nor false; accepted: true, false"},
    {"{\"source\":{\"kind\":\"trace\"}," ROWS "}",
     "dir/x.json: source.trace_file: missing; accepted: a file of NDJSON when kind is trace"},
    {"{\"source\":{\"trace_file\":\"a\"}," ROWS "}",
     "dir/x.json: source.trace_file: has no meaning with kind generator; accepted: kind trace, or "
     "no "
     "trace_file"},
    {"{\"source\":{\"kind\":\"sports\",\"rate_hz\":1}," ROWS "}",
     "dir/x.json: source.rate_hz: has no meaning with kind sports; accepted: kind generator or "
     "notifications, or no rate_hz"},
    {"{\"send\":{\"bytes\":99}," ROWS "}",
     "dir/x.json: send.bytes: has no meaning with workload none; accepted: workload inputs, or no "
     "bytes"},
    {"{\"source\":{\"kind\":\"none\"}," ROWS "}",
     "dir/x.json: source.kind: with none, nobody publishes; accepted: another, or clients that do: "
     "send.workload"},
    {"{\"source\":{\"kind\":\"game\"}," ROWS "}",
     "dir/x.json: room_size: missing; accepted: the players of a room when source.kind is game"},
    {"{\"source\":{\"kind\":\"game\",\"rooms\":2},\"room_size\":8,\"clients\":17," ROWS "}",
     "dir/x.json: source.rooms: 2 of 8 players are too few for 17 clients; accepted: 3 or more, or "
     "none for as many as needed"},
    {"{\"send\":{\"workload\":\"edits\"}," ROWS "}",
     "dir/x.json: send.channel: missing; accepted: a name, such as doc, when workload is edits"},
    {"{\"send\":{\"workload\":\"inputs\",\"channel\":\"a,b\"}," ROWS "}",
     "dir/x.json: send.channel: is a list; accepted: one name"},
    {"{\"latest\":[\"a\",\"b\"],\"pick\":3," ROWS "}",
     "dir/x.json: pick: is more than there are; accepted: 1 to 2, the names in latest"},
    {"{\"ip\":5," ROWS "}", "dir/x.json: ip: there is no version 5; accepted: 4 or 6"},
    {"{\"ip\":6,\"source_addresses\":9," ROWS "}",
     "dir/x.json: source_addresses: are IPv4 addresses; accepted: no source_addresses when ip is "
     "6"},
    {"{\"require\":{\"on_time\":0.9}," ROWS "}",
     "dir/x.json: require.on_time: needs a deadline; accepted: together with deadline_ms"},
    {"{\"channel\":\"a,,b\"," ROWS "}",
     "dir/x.json: channel: 'a,,b' is not a channel; accepted: names of 1 to 64 letters, digits and "
     "- "
     "_ "
     ". : / with commas between them, or a list of them; {room} may be part of one"},
    {"{\"channel\":[\"a\",\"{rooms}\"]," ROWS "}",
     "dir/x.json: channel[1]: '{rooms}' is not a channel; accepted: names of 1 to 64 letters, "
     "digits "
     "and - _ . : / with commas between them, or a list of them; {room} may be part of one"},
    {"{\"rows\":[]}", "dir/x.json: rows: '[]' is empty; accepted: a list of 1 to 64 objects"},
    {"{\"rows\":[7]}",
     "dir/x.json: rows[0]: '7' is not an object; accepted: transport, "
     "connection, interval_ms, poll, interval_max_ms, backoff_factor, "
     "hold_ms, tls_resume, expect, heartbeat_ms, balancer, faults, history_file, reconnect, id"},
    {"{}", "dir/x.json: rows: missing; accepted: a list of 1 to 64 objects"},
    {"[]", "dir/x.json: not an object; accepted: name, title, source, clients, ramp_per_s, "
           "source_addresses, warmup_s, duration_s, drain_s, repeat, order, seed, channel, latest, "
           "room_size, pick, "
           "deadline_ms, poll_jitter_ms, send, balancer, faults, require, reconnect, link, heads, "
           "line_per_client, ip, tls, "
           "tls_version, "
           "server, rows"},
    {"{\"clients\":1,\n  \"seed\" 2}", "dir/x.json:2:10: not valid JSON: expected ':' before '2}'"},
    {"", "dir/x.json:1:1: not valid JSON: expected a value before the end"},
    {"{" ROWS "} x", "dir/x.json:1:32: not valid JSON: expected nothing more before 'x'"},
    {"{\"clients\": 1\n\"seed\": 2}",
     "dir/x.json:2:1: not valid JSON: expected ',' or '}' before '\"seed\": 2}'"},
    {"[1 2]", "dir/x.json:1:4: not valid JSON: expected ',' or ']' before '2]'"},
    {"{\"\xc3\xa4\": [\x1b[31m",
     "dir/x.json:1:8: not valid JSON: expected a value or ']' before '?[31m'"},
    {"\"\xff\"", "dir/x.json:1:2: not valid JSON: expected UTF-8 before '?\"'"},
    /* cJSON would have taken these */
    {"{\"clients\":007," ROWS "}", "dir/x.json:1:12: not valid JSON: expected a decimal number "
                                   "before '007,\"rows\":[{\"transport\":\"sse\"}'"},
    {"{\"title\":\"a\tb\"}",
     "dir/x.json:1:10: not valid JSON: expected a string in one line that ends with '\"' before "
     "'\"a?b\"}'"},
    /* guesses */
    {"{\"rows\":[{\"transport\":\"webscoket\"}]}",
     "dir/x.json: rows[0].transport: 'webscoket' is not valid; did you mean websocket? "
     "accepted: short-poll, long-poll, stream, sse, websocket"},
    {"{\"source\":{\"rate\":5}}",
     "dir/x.json: source: unknown key 'rate'; accepted: kind, rate_hz, pattern, burst_on_ms, "
     "burst_off_ms, payload_bytes, trace_file, trace_speed, trace_loop, speed, rooms, tick_hz"},
    {"{\"source\":{\"patern\":5}}",
     "dir/x.json: source: unknown key 'patern'; did you mean pattern? accepted: kind, rate_hz, "
     "pattern, burst_on_ms, burst_off_ms, payload_bytes, trace_file, trace_speed, trace_loop, "
     "speed, rooms, tick_hz"},
};

START_TEST(scenario_refuses_naming_place_and_what_is_accepted)
{
    ck_assert_int_eq(parse(refusals[_i].text), PL_EINVAL);
    ck_assert_str_eq(error.text, refusals[_i].message);
}
END_TEST

START_TEST(scenario_refuses_a_nul_inside_the_file)
{
    static const char text[] = "{" ROWS "}\0trailing";

    ck_assert_int_eq(scenario_parse(&scenario, "x", text, sizeof text - 1, &error), PL_EINVAL);
}
END_TEST

START_TEST(scenario_message_keeps_what_is_accepted_however_long_the_path)
{
    char path[900];

    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    ck_assert_int_eq(scenario_parse(&scenario, path, "{}", 2, &error), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "accepted: a list of 1 to 64 objects"));
}
END_TEST

START_TEST(scenario_trace_lies_beside_the_scenario)
{
    parse_well("{\"source\":{\"kind\":\"trace\",\"trace_file\":\"t.ndjson\"}," ROWS "}");
    ck_assert_str_eq(scenario.source.trace_path, "dir/t.ndjson");
    scenario_free(&scenario);
    parse_well("{\"source\":{\"kind\":\"trace\",\"trace_file\":\"/abs/t\"}," ROWS "}");
    ck_assert_str_eq(scenario.source.trace_path, "/abs/t");
}
END_TEST

START_TEST(scenario_times_have_their_names_unit_or_one_of_their_own)
{
    parse_well("{\"duration_s\":\"500ms\",\"warmup_s\":1,\"server\":{\"heartbeat_ms\":\"2s\"},"
               "\"rows\":[{\"transport\":\"short-poll\",\"interval_ms\":\"1m\"}]}");
    ck_assert_double_eq(scenario.duration_s, 0.5);
    ck_assert_double_eq(scenario.warmup_s, 1);
    ck_assert_int_eq(scenario.server.heartbeat_ms, 2000);
    ck_assert_int_eq(scenario.rows[0].interval_ms, 60000);
    ck_assert_int_eq(scenario_override(&scenario, "duration_s", "--duration", "250ms", &error), 0);
    ck_assert_double_eq(scenario.duration_s, 0.25);
    ck_assert_int_eq(scenario_override(&scenario, "warmup_s", "--warmup", "2", &error), 0);
    ck_assert_double_eq(scenario.warmup_s, 2);
    ck_assert_int_eq(
        scenario_override(&scenario, "server.retry_ms", "--set server.retry_ms", "5us", &error),
        PL_EINVAL);
    ck_assert_str_eq(error.text, "--set server.retry_ms: '0.005' is not a whole number; accepted: "
                                 "0 to 3600000");
    ck_assert_int_eq(scenario_override(&scenario, "duration_s", "--duration", "soon", &error),
                     PL_EINVAL);
    ck_assert_str_eq(error.text, "--duration: 'soon' is not a number; accepted: 0.1 to 86400, or a "
                                 "time such as \"2s\"");
    ck_assert_int_eq(scenario_override(&scenario, "ramp_per_s", "--set ramp_per_s", "2s", &error),
                     PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "'2s' is not a number; accepted: 1 to 1000000"));
}
END_TEST

START_TEST(scenario_guesses_what_a_command_line_meant)
{
    parse_well("{" ROWS "}");
    ck_assert_int_eq(
        scenario_override(&scenario, "sorce.rate_hz", "--set sorce.rate_hz", "5", &error),
        PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "did you mean source.rate_hz? accepted: "));
    ck_assert_int_eq(scenario_override(&scenario, "link", "--link", "4gg", &error), PL_EINVAL);
    ck_assert_ptr_nonnull(
        strstr(error.text, "--link: no link profile '4gg'; did you mean 4g? (accepted: "));
    ck_assert_int_eq(scenario_keep_rows(&scenario, "ses", &error), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "did you mean sse? accepted: sse"));
    scenario_free(&scenario);
    ck_assert_int_eq(scenario_load(&scenario, "standrad", &error), PL_EINVAL);
    ck_assert_str_eq(error.text,
                     "no scenario 'standrad'; did you mean standard? (pushlab scenarios "
                     "lists them)");
    ck_assert_int_eq(scenario_load(&scenario, "bench/scenarios/kins.json", &error), PL_EINVAL);
    ck_assert_ptr_nonnull(strstr(error.text, "did you mean balancers/kinds?"));
}
END_TEST

START_TEST(scenario_overrides_pass_through_the_same_checks)
{
    parse_well("{" ROWS "}");
    ck_assert_int_eq(scenario_override(&scenario, "clients", "--clients", "500", &error), 0);
    ck_assert_int_eq(scenario.clients, 500);
    ck_assert_int_eq(scenario_override(&scenario, "duration_s", "--duration", "0.5", &error), 0);
    ck_assert_double_eq(scenario.duration_s, 0.5);
    ck_assert_int_eq(scenario_override(&scenario, "clients", "--clients", "0", &error), PL_EINVAL);
    ck_assert_str_eq(error.text, "--clients: '0' is out of range; accepted: 1 to 1000000");
    ck_assert_int_eq(scenario_override(&scenario, "seed", "--seed", "0x10", &error), PL_EINVAL);
    ck_assert_int_eq(scenario_override(&scenario, "seed", "--seed", "", &error), PL_EINVAL);
    ck_assert_int_eq(scenario_override(&scenario, "seed", "--seed", "nan", &error), PL_EINVAL);
    ck_assert_int_eq(scenario.clients, 500);
}
END_TEST

START_TEST(scenario_overrides_reach_into_sections)
{
    parse_well("{\"clients\":3,\"room_size\":2,\"source\":{\"kind\":\"game\"}," ROWS "}");
    ck_assert_int_eq(
        scenario_override(&scenario, "source.tick_hz", "--set source.tick_hz", "5", &error), 0);
    ck_assert_double_eq(scenario.source.tick_hz, 5);
    ck_assert_int_eq(scenario_override(&scenario, "tls", "--set tls", "true", &error), 0);
    ck_assert(scenario.tls);
    ck_assert_int_eq(scenario_override(&scenario, "channel", "--set channel", "a,b", &error), 0);
    ck_assert_str_eq(scenario.channel, "a,b");
    ck_assert_int_eq(scenario_override(&scenario, "source.tick", "--set source.tick", "5", &error),
                     PL_EINVAL);
    ck_assert_str_eq(
        error.text, "--set source.tick: unknown key 'source.tick'; accepted: those of pushlab help "
                    "scenarios but rows, such as source.rate_hz");
    ck_assert_int_eq(scenario_override(&scenario, "rows", "--set rows", "5", &error), PL_EINVAL);
    ck_assert_int_eq(scenario_override(&scenario, "source.rooms", "--set", "1", &error), 0);
    ck_assert_int_eq(scenario_check(&scenario, &error), PL_EINVAL);
}
END_TEST

START_TEST(scenario_rooms_are_as_many_as_the_clients_fill)
{
    cJSON *effective;

    parse_well("{\"clients\":17,\"room_size\":8,\"source\":{\"kind\":\"game\"}," ROWS "}");
    ck_assert_int_eq(scenario_rooms(&scenario), 3);
    ck_assert_int_eq(scenario_override(&scenario, "clients", "--clients", "8", &error), 0);
    ck_assert_int_eq(scenario_rooms(&scenario), 1);
    effective = scenario_effective(&scenario);
    ck_assert_double_eq(json_number(effective, "source.rooms"), 1);
    cJSON_Delete(effective);
}
END_TEST

START_TEST(scenario_keeps_the_wanted_rows_in_its_own_order)
{
    static const char text[] = "{\"rows\":[{\"transport\":\"stream\"},{\"transport\":\"sse\"},"
                               "{\"transport\":\"websocket\"}]}";

    parse_well(text);
    ck_assert_int_eq(scenario_keep_rows(&scenario, "websocket,stream", &error), 0);
    ck_assert_uint_eq(scenario.nrows, 2);
    ck_assert_str_eq(scenario.rows[0].id, "stream");
    ck_assert_str_eq(scenario.rows[1].id, "websocket");
    scenario_free(&scenario);
    parse_well(text);
    ck_assert_int_eq(scenario_keep_rows(&scenario, "sse,web", &error), PL_EINVAL);
    ck_assert_str_eq(error.text,
                     "--rows: 'web' is not a row of x; accepted: stream, sse, websocket");
    ck_assert_int_eq(scenario_keep_rows(&scenario, "sse,", &error), PL_EINVAL);
}
END_TEST

/* The effective configuration is a scenario again, and means the same. */
START_TEST(scenario_effective_reads_back_as_itself)
{
    struct scenario again;
    cJSON *first, *second;
    char *text;

    parse_well("{\"clients\":3,\"server\":{\"history\":9},\"rows\":[{\"transport\":\"short-poll\"},"
               "{\"transport\":\"long-poll\",\"connection\":\"close\"}]}");
    first = scenario_effective(&scenario);
    text = cJSON_Print(first);
    ck_assert_int_eq(scenario_parse(&again, "other", text, strlen(text), &error), 0);
    second = scenario_effective(&again);
    ck_assert(cJSON_Compare(first, second, true));
    ck_assert_double_eq(json_number(first, "clients"), 3);
    ck_assert_double_eq(json_number(first, "server.history"), 9);
    ck_assert_double_eq(json_number(first, "server.retry_ms"), 1000);
    cJSON_free(text);
    cJSON_Delete(first);
    cJSON_Delete(second);
    scenario_free(&again);
}
END_TEST

static const char full_duplex[] =
    "{\"clients\":16,\"source\":{\"kind\":\"game\",\"tick_hz\":20},\"room_size\":8,"
    "\"channel\":\"room-{room}/inputs\",\"latest\":[\"room-{room}\",\"lobby\"],\"pick\":1,"
    "\"deadline_ms\":33.5,\"send\":{\"workload\":\"inputs\",\"channel\":\"room-{room}/inputs\","
    "\"senders\":4},\"require\":{\"on_time\":0.95},\"rows\":[{\"transport\":\"sse\"}]}";

/* Only what has a meaning is in effect: no updates a second where a match decides. */
START_TEST(scenario_effective_has_no_keys_of_other_kinds)
{
    static const char *const absent[] = {"source.rate_hz", "source.payload_bytes",
                                         "source.trace_speed", "source.speed",
                                         "require.latency_ms"};
    cJSON *effective;

    parse_well(full_duplex);
    effective = scenario_effective(&scenario);
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++)
        ck_assert_msg(json_at(effective, absent[i]) == NULL, "%s", absent[i]);
    ck_assert_str_eq(json_text(effective, "latest"), "room-{room},lobby");
    ck_assert_double_eq(json_number(effective, "source.tick_hz"), 20);
    ck_assert_double_eq(json_number(effective, "send.rate_hz"), 20);
    ck_assert_double_eq(json_number(effective, "require.on_time"), 0.95);
    cJSON_Delete(effective);
}
END_TEST

static void join(char *out, size_t cap, const struct scenario_args *a)
{
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < a->argc; i++)
        len += (size_t)snprintf(out + len, cap - len, "%s%s", i > 0 ? " " : "", a->argv[i]);
    ck_assert_ptr_null(a->argv[a->argc]);
}

START_TEST(a_row_warms_up_until_its_clients_have_an_update)
{
    static const struct {
        const char *keys;
        double poll_s, push_s;
    } cases[] = {
        {"\"source\":{\"rate_hz\":25}", 1.04, 0.04},
        {"\"source\":{\"rate_hz\":0.5},\"link\":\"rtt=50ms\"", 3.1, 2.1},
        {"\"source\":{\"kind\":\"sports\"}", 2, 1},
        {"\"warmup_s\":0.2,\"link\":\"rtt=50ms\"", 0.2, 0.2},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[300];

        snprintf(text, sizeof text,
                 "{%s,\"rows\":[{\"transport\":\"short-poll\",\"interval_ms\":1000},"
                 "{\"transport\":\"sse\"}]}",
                 cases[i].keys);
        parse_well(text);
        ck_assert_double_eq_tol(scenario_warmup_s(&scenario, &scenario.rows[0]), cases[i].poll_s,
                                1e-9);
        ck_assert_double_eq_tol(scenario_warmup_s(&scenario, &scenario.rows[1]), cases[i].push_s,
                                1e-9);
        scenario_free(&scenario);
    }
}
END_TEST

START_TEST(scenario_becomes_the_command_lines)
{
    static struct scenario_args server, client;
    char line[1024];

    parse_well("{\"clients\":3,\"server\":{\"history\":9},\"rows\":[{\"transport\":\"short-poll\","
               "\"connection\":\"close\",\"interval_ms\":250}]}");
    ck_assert_int_eq(scenario_args_server(&server, &scenario), 0);
    join(line, sizeof line, &server);
    ck_assert_str_eq(
        line, "--rate 10 --pattern fixed --burst-on 1000 --burst-off 4000 "
              "--payload-bytes 128 --listen 127.0.0.1:0 --history 9 "
              "--max-hold 30000 --heartbeat 15000 --retry 1000 --ws-ping 20000 "
              "--backlog-bytes 1048576 --max-connections 100000 --sndbuf-bytes 0 --rcvbuf-bytes 0 "
              "--stamp due --test-delay 0 --seed 1");
    ck_assert_int_eq(scenario_args_client(&client, &scenario, &scenario.rows[0]), 0);
    join(line, sizeof line, &client);
    ck_assert_str_eq(
        line, "--transport short-poll --connection close --warmup 0.35 --interval 250 --clients 3 "
              "--ramp 2000 --source-addresses 0 --duration 6 --drain 5 --seed 1 "
              "--heads minimal");
}
END_TEST

START_TEST(scenario_lets_long_polls_wait_for_a_tenth_of_the_links_round_trip)
{
    static const struct {
        const char *text, *option;
    } jitters[] = {
        {"\"link\":\"loopback\"", " --poll-jitter 0 "},
        {"\"link\":\"rtt=50ms,loss=1%\"", " --poll-jitter 5 "},
        {"\"link\":\"rtt=50ms\",\"poll_jitter_ms\":0.5", " --poll-jitter 0.5 "},
        {"\"link\":\"rtt=50ms\",\"poll_jitter_ms\":0", " --poll-jitter 0 "},
    };

    for (size_t i = 0; i < sizeof jitters / sizeof *jitters; i++) {
        static struct scenario_args client;
        char text[200], line[1024];
        cJSON *effective;

        snprintf(text, sizeof text, "{%s,\"rows\":[{\"transport\":\"long-poll\"}]}",
                 jitters[i].text);
        parse_well(text);
        client = (struct scenario_args){0};
        ck_assert_int_eq(scenario_args_client(&client, &scenario, &scenario.rows[0]), 0);
        join(line, sizeof line, &client);
        ck_assert_msg(strstr(line, jitters[i].option) != NULL, "%s", line);
        effective = scenario_effective(&scenario); /* run.json says how long */
        ck_assert_double_eq(json_number(effective, "poll_jitter_ms"),
                            strtod(strrchr(jitters[i].option, 'r') + 1, NULL));
        cJSON_Delete(effective);
        scenario_free(&scenario);
    }
    parse_well("{" ROWS "}");
}
END_TEST

START_TEST(scenario_without_the_poll_cache_says_so_to_the_server)
{
    static struct scenario_args server, client;
    char line[1024];

    parse_well("{\"heads\":\"chrome\",\"server\":{\"poll_cache\":false}," ROWS "}");
    ck_assert_int_eq(scenario_args_server(&server, &scenario), 0);
    join(line, sizeof line, &server);
    ck_assert_ptr_nonnull(strstr(line, " --poll-cache no"));
    ck_assert_int_eq(scenario_args_client(&client, &scenario, &scenario.rows[0]), 0);
    join(line, sizeof line, &client);
    ck_assert_ptr_nonnull(strstr(line, " --heads chrome"));
}
END_TEST

START_TEST(scenario_of_rooms_and_senders_becomes_the_command_lines)
{
    static struct scenario_args server, client;
    char line[1024];

    parse_well(full_duplex);
    ck_assert_int_eq(scenario_args_server(&server, &scenario), 0);
    join(line, sizeof line, &server);
    ck_assert_ptr_eq(strstr(line, "--source game --rooms 2 --room-size 8 --tick-rate 20 --listen "),
                     line);
    ck_assert_int_eq(scenario_args_client(&client, &scenario, &scenario.rows[0]), 0);
    join(line, sizeof line, &client);
    ck_assert_ptr_nonnull(strstr(
        line, " --seed 1 --channel room-{room}/inputs --latest room-{room},lobby --room-size 8 "
              "--pick 1 --deadline 33.5 --heads minimal --send inputs --send-rate 20 --send-bytes "
              "64 --senders 4 "
              "--send-channel room-{room}/inputs"));
}
END_TEST

START_TEST(scenario_trace_becomes_the_servers_source)
{
    static struct scenario_args server;
    char line[1024];

    parse_well("{\"source\":{\"kind\":\"trace\",\"trace_file\":\"t\",\"trace_speed\":2.5,"
               "\"trace_loop\":true}," ROWS "}");
    ck_assert_int_eq(scenario_args_server(&server, &scenario), 0);
    join(line, sizeof line, &server);
    ck_assert_str_eq(
        line, "--source trace:dir/t --trace-speed 2.5 --trace-loop "
              "--listen 127.0.0.1:0 --history 1024 "
              "--max-hold 30000 --heartbeat 15000 --retry 1000 --ws-ping 20000 "
              "--backlog-bytes 1048576 --max-connections 100000 --sndbuf-bytes 0 --rcvbuf-bytes 0 "
              "--stamp due --test-delay 0 --seed 1");
}
END_TEST

START_TEST(scenario_args_refuse_what_does_not_fit)
{
    static struct scenario_args a;
    int rc = 0;

    for (int i = 0; rc == 0 && i < 1000; i++)
        rc = scenario_args_add(&a, "--x", "%d", i);
    ck_assert_int_eq(rc, PL_ELIMIT);
    ck_assert_ptr_null(a.argv[a.argc]);
}
END_TEST

static const struct {
    const char *path;
    size_t rows;
} shipped[] = {
    {"bench/scenarios/standard.json", 8},  {"bench/scenarios/slow.json", 4},
    {"bench/scenarios/smoke.json", 7},     {"bench/scenarios/sports.json", 6},
    {"bench/scenarios/game.json", 5},      {"bench/scenarios/collab.json", 5},
    {"bench/scenarios/dashboard.json", 5}, {"bench/scenarios/idle.json", 5},
};

START_TEST(scenario_files_that_ship_are_good)
{
    int rc = scenario_load(&scenario, shipped[_i].path, &error);

    ck_assert_msg(rc == 0, "%s", error.text);
    ck_assert_uint_eq(scenario.nrows, shipped[_i].rows);
}
END_TEST

START_TEST(scenario_choices_of_transport_are_the_table)
{
    const struct scenario_key *rows = scenario_key_find(scenario_keys, "rows");
    const char *const *choices = scenario_key_find(rows->inner, "transport")->choices;
    size_t i;

    for (i = 0; choices[i] != NULL; i++)
        ck_assert_str_eq(choices[i], transport_infos[i].name);
    ck_assert_uint_eq(i, TRANSPORT_COUNT);
}
END_TEST

static void look_for(const struct scenario_key *keys, const char *manual)
{
    for (; keys->name != NULL; keys++) {
        char quoted[80];

        snprintf(quoted, sizeof quoted, "`%s`", keys->name);
        ck_assert_msg(strstr(manual, quoted) != NULL, "docs/scenarios.md lacks %s", quoted);
        if (keys->inner != NULL)
            look_for(keys->inner, manual);
        else if (keys->fallback == SCENARIO_UNSET)
            ck_assert_msg(keys->fallback_text != NULL, "%s: what does unset mean?", keys->name);
    }
}

START_TEST(scenario_manual_names_every_key)
{
    struct buf manual = {0};

    ck_assert_int_eq(file_read(&manual, "docs/scenarios.md", 1 << 20, &error), 0);
    look_for(scenario_keys, (const char *)manual.data);
    buf_free(&manual);
}
END_TEST

START_TEST(a_name_is_a_scenario_that_comes_along)
{
    char path[SCENARIO_PATH_BYTES];

    scenario_find(path, sizeof path, "game");
    ck_assert_ptr_nonnull(strstr(path, "/scenarios/game.json"));
    scenario_find(path, sizeof path, "balancers/kinds");
    ck_assert_ptr_nonnull(strstr(path, "/scenarios/balancers/kinds.json"));
    scenario_find(path, sizeof path, "game.json");
    ck_assert_ptr_nonnull(strstr(path, "/scenarios/game.json"));
    scenario_find(path, sizeof path, "bench/scenarios/idle.json"); /* a file is itself */
    ck_assert_str_eq(path, "bench/scenarios/idle.json");
    scenario_find(path, sizeof path, "/game");
    ck_assert_str_eq(path, "/game");
    scenario_find(path, sizeof path, "nonesuch");
    ck_assert_str_eq(path, "nonesuch");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("scenario");
    TCase *tc = tcase_create("scenario");
    SRunner *runner = srunner_create(suite);
    int failed;

    suite_add_tcase(suite, tc);
    tcase_add_checked_fixture(tc, NULL, tear_down);
    tcase_add_test(tc, scenario_fills_in_the_defaults);
    tcase_add_test(tc, a_name_is_a_scenario_that_comes_along);
    tcase_add_test(tc, scenario_reads_what_is_given);
    tcase_add_test(tc, scenario_ids_tell_the_connection_and_several_intervals);
    tcase_add_test(tc, scenario_ids_tell_the_poll_mode);
    tcase_add_test(tc, scenario_ids_stay_short_with_one_interval);
    tcase_add_loop_test(tc, scenario_refuses_naming_place_and_what_is_accepted, 0,
                        sizeof refusals / sizeof *refusals);
    tcase_add_test(tc, scenario_refuses_a_nul_inside_the_file);
    tcase_add_test(tc, scenario_message_keeps_what_is_accepted_however_long_the_path);
    tcase_add_test(tc, scenario_trace_lies_beside_the_scenario);
    tcase_add_test(tc, scenario_times_have_their_names_unit_or_one_of_their_own);
    tcase_add_test(tc, scenario_guesses_what_a_command_line_meant);
    tcase_add_test(tc, scenario_overrides_pass_through_the_same_checks);
    tcase_add_test(tc, scenario_overrides_reach_into_sections);
    tcase_add_test(tc, scenario_rooms_are_as_many_as_the_clients_fill);
    tcase_add_test(tc, scenario_effective_has_no_keys_of_other_kinds);
    tcase_add_test(tc, scenario_without_the_poll_cache_says_so_to_the_server);
    tcase_add_test(tc, scenario_of_rooms_and_senders_becomes_the_command_lines);
    tcase_add_test(tc, scenario_keeps_the_wanted_rows_in_its_own_order);
    tcase_add_test(tc, scenario_lets_long_polls_wait_for_a_tenth_of_the_links_round_trip);
    tcase_add_test(tc, scenario_effective_reads_back_as_itself);
    tcase_add_test(tc, a_row_warms_up_until_its_clients_have_an_update);
    tcase_add_test(tc, scenario_becomes_the_command_lines);
    tcase_add_test(tc, scenario_trace_becomes_the_servers_source);
    tcase_add_test(tc, scenario_args_refuse_what_does_not_fit);
    tcase_add_loop_test(tc, scenario_files_that_ship_are_good, 0, sizeof shipped / sizeof *shipped);
    tcase_add_test(tc, scenario_choices_of_transport_are_the_table);
    tcase_add_test(tc, scenario_manual_names_every_key);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
