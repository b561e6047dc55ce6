#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/test.h"

/* A log that writes to a file, at a fake time. */
struct capture {
    int fd;
    int64_t now_us;
    struct clock clock;
    char text[16384];
};

static void start(struct capture *capture, struct log_options options)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/log", test_folder());
    capture->fd = open(path, O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
    capture->now_us = 1795257988123456;
    capture->clock = clock_fake(&capture->now_us);
    options.fd = capture->fd;
    options.clock = &capture->clock;
    log_configure(&options);
}

static str stop(struct capture *capture)
{
    log_configure(&log_defaults);
    ssize_t size = pread(capture->fd, capture->text, sizeof capture->text, 0);
    (void)close(capture->fd); /* only read from */
    return (str){ capture->text, size < 0 ? 0 : (size_t)size };
}

static void write_samples(void)
{
    struct error err = { 0 };
    (void)error_set(&err, ERR_UNAVAILABLE, "open \"x\": no"); /* to be logged */
    (void)error_while(&err, "load"); /* as above */
    struct secret secret = { 0 };
    secret_init(&secret, STR("hunter2"));
    LOG_INFO("no facts");
    LOG_WARN("all kinds", log_str("model", STR("wine")), log_u64("rows", 512), log_i64("delta", -3), log_f64("psi", 0.25),
             log_f64("nan", (double)NAN), log_bool("ok", true), log_text("none", NULL), log_secret("key", &secret));
    LOG_ERROR("failed", log_error(&err), log_str("text", STR("a=\"b\"\n\x1b[31m\xff")));
    secret_done(&secret);
}

TEST(log_writes_logfmt)
{
    struct capture capture;
    start(&capture, log_defaults);
    write_samples();
    CHECK_STR("three lines", stop(&capture),
              STR("time=2026-11-21T10:46:28.123456Z level=info msg=\"no facts\"\n"
                  "time=2026-11-21T10:46:28.123456Z level=warn msg=\"all kinds\" model=wine rows=512 delta=-3 psi=0.25 "
                  "nan=NaN ok=true none=\"\" key=<secret>\n"
                  "time=2026-11-21T10:46:28.123456Z level=error msg=failed error=\"load: open \\\"x\\\": no\" "
                  "status=unavailable text=\"a=\\\"b\\\"\\n\\u001b[31m\xef\xbf\xbd\"\n"));
}

TEST(log_writes_json)
{
    struct capture capture;
    struct log_options options = log_defaults;
    options.format = LOG_FORMAT_JSON;
    start(&capture, options);
    write_samples();
    CHECK_STR("three lines", stop(&capture),
              STR("{\"time\":\"2026-11-21T10:46:28.123456Z\",\"level\":\"info\",\"msg\":\"no facts\"}\n"
                  "{\"time\":\"2026-11-21T10:46:28.123456Z\",\"level\":\"warn\",\"msg\":\"all kinds\",\"model\":\"wine\","
                  "\"rows\":512,\"delta\":-3,\"psi\":0.25,\"nan\":\"NaN\",\"ok\":true,\"none\":\"\",\"key\":\"<secret>\"}\n"
                  "{\"time\":\"2026-11-21T10:46:28.123456Z\",\"level\":\"error\",\"msg\":\"failed\","
                  "\"error\":\"load: open \\\"x\\\": no\",\"status\":\"unavailable\","
                  "\"text\":\"a=\\\"b\\\"\\n\\u001b[31m\xef\xbf\xbd\"}\n"));
}

TEST(log_filters_levels)
{
    struct capture capture;
    struct log_options options = log_defaults;
    options.level_min = LOG_LEVEL_WARN;
    start(&capture, options);
    LOG_DEBUG("no");
    LOG_INFO("no");
    LOG_WARN("yes");
    str text = stop(&capture);
    CHECK("one line", str_find(text, '\n') == text.size - 1 && str_has_suffix(text, STR("msg=yes\n")));
    enum log_level level;
    CHECK("names both ways", log_level_parse(STR("warn"), &level) && level == LOG_LEVEL_WARN &&
                                 !log_level_parse(STR("loud"), &level));
}

TEST(log_holds_back_repeats_and_counts_them)
{
    struct capture capture;
    struct log_options options = log_defaults;
    options.burst = 2;
    options.lines_per_s = 1;
    start(&capture, options);
    for (int i = 0; i < 8; i++) {
        if (i == 7)
            capture.now_us += 1000000; /* one token comes back a second */
        LOG_INFO("again", log_i64("i", i));
    }
    LOG_INFO("another place has its own bucket");
    str text = stop(&capture), line;
    static const char *const endings[] = { "msg=again i=0", "msg=again i=1", "msg=again suppressed=5 i=7", "own bucket\"" };
    for (size_t i = 0; i < COUNT(endings); i++) {
        CHECK("a line", str_split(&text, '\n', &line));
        CHECK(endings[i], str_has_suffix(line, str_of(endings[i])));
    }
    CHECK("no more", str_is_empty(text));
}

TEST(log_survives_a_clock_that_was_set_back)
{
    struct capture capture;
    struct log_options options = log_defaults;
    options.burst = 1;
    options.lines_per_s = 1;
    start(&capture, options);
    for (int i = 0; i < 2; i++) {
        LOG_INFO("line", log_i64("i", i));
        capture.now_us -= INT64_C(3600) * 1000000;
    }
    CHECK("both lines", str_has_suffix(stop(&capture), STR("msg=line i=1\n")));
}

TEST(log_cuts_what_is_too_long_and_keeps_errno)
{
    struct capture capture;
    start(&capture, log_defaults);
    static char text[3000];
    memset(text, 'x', sizeof text);
    str value = { text, sizeof text };
    errno = ENOENT;
    LOG_INFO("long", log_str("a", value), log_str("b", value), log_str("c", value), log_str("d", value),
             log_str("e", value), log_str("f", value), log_str("g", value), log_u64("last", 1));
    CHECK_INT("errno", errno, ENOENT);
    str line = stop(&capture);
    CHECK("whole line", line.size < 8192 && str_has_suffix(line, STR("last=1\n")));
}
