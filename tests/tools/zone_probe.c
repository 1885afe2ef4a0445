// Answers questions about zones, windows and schedules, for tests that know the answers from elsewhere.
//     zone_probe FOLDER < QUESTIONS
// FOLDER holds TZif files by name. One question a line, one answer a line, numbers in decimal:
//     zone NAME                                          ok | error TEXT
//     offset AT                                          OFFSET ABBREVIATION
//     local DAY SECOND                                   once|gap|fold FIRST SECOND
//     transition AT                                      INSTANT | none
//     span DAYS FROM TO FIRST LAST EXCEPT DAY            START END | none
//     contains DAYS FROM TO FIRST LAST EXCEPT AT         yes | no
//     next ANCHOR AFTER EXPRESSION                       INSTANT | never | error OFFSET TEXT
// DAYS is a mask (1 = Monday); FIRST LAST and EXCEPT are days since 1970, or '-'.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/schedule.h"
#include "engine/core/window.h"

struct probe {
    const char *folder;
    struct arena arena;  // of the zone
    const struct zone *zone;
    struct buffer error;
    struct text rest;  // of the line
};

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "zone_probe: %s\n", what);
    exit(2);
}

static struct text take_word(struct probe *probe)
{
    struct text word = probe->rest;
    if (!text_find(probe->rest, ' ', &word.n))
        word.n = probe->rest.n;
    probe->rest = text_from(probe->rest, word.n + 1);
    return word;
}

static int64_t number_of(struct text word)
{
    int64_t number = 0;
    if (!text_to_int64(word, &number))
        stop("a number is due");
    return number;
}

static int64_t take_number(struct probe *probe)
{
    return number_of(take_word(probe));
}

static struct text read_zone(struct probe *probe, struct text name)
{
    struct text path = arena_format(&probe->arena, "%s/%.*s", probe->folder, TEXT_ARG(name));
    char *bytes = arena_alloc(&probe->arena, LIMIT_ZONE_BYTES);
    FILE *file = fopen(path.p, "rb");
    if (!file)
        stop("a zone's file cannot be read");
    size_t n = fread(bytes, 1, LIMIT_ZONE_BYTES, file);
    fclose(file);
    return (struct text){bytes, n};
}

static void answer_zone(struct probe *probe)
{
    struct text name = take_word(probe);
    arena_reset(&probe->arena);
    if (!zone_name_valid(name))
        stop("a zone's name is not valid");
    probe->zone = zone_decode(&probe->arena, name, read_zone(probe, name), &probe->error);
    if (probe->zone)
        puts("ok");
    else
        printf("error %s\n", probe->error.p);
}

static void answer_offset(struct probe *probe)
{
    int64_t at_s = take_number(probe);
    struct text abbreviation = zone_abbreviation(probe->zone, at_s);
    printf("%d %.*s\n", (int)zone_offset_s(probe->zone, at_s), TEXT_ARG(abbreviation));
}

static void answer_local(struct probe *probe)
{
    static const char *const kinds[] = {[LOCAL_ONCE] = "once", [LOCAL_GAP] = "gap", [LOCAL_FOLD] = "fold"};
    int32_t day = (int32_t)take_number(probe);
    int32_t second = (int32_t)take_number(probe);
    struct local_instants local = zone_local(probe->zone, day, second);
    printf("%s %lld %lld\n", kinds[local.kind], (long long)local.first_s, (long long)local.second_s);
}

static void answer_transition(struct probe *probe)
{
    int64_t next_s;
    if (zone_next_transition(probe->zone, take_number(probe), &next_s))
        printf("%lld\n", (long long)next_s);
    else
        puts("none");
}

// `except` has room for one day.
static struct window_span take_span(struct probe *probe, int32_t *except)
{
    struct window_span span = {.zone = probe->zone, .except = except};
    span.days = (uint8_t)take_number(probe);
    span.from_min = (int32_t)take_number(probe);
    span.to_min = (int32_t)take_number(probe);
    struct text first = take_word(probe), last = take_word(probe), excepted = take_word(probe);
    if (!text_is(first, "-")) {
        span.has_dates = true;
        span.first_date = (int32_t)number_of(first);
        span.last_date = (int32_t)number_of(last);
    }
    if (!text_is(excepted, "-")) {
        *except = (int32_t)number_of(excepted);
        span.except_count = 1;
    }
    return span;
}

static void answer_span(struct probe *probe)
{
    int32_t except;
    struct window_span span = take_span(probe, &except);
    int64_t start_s, end_s;
    if (window_span_on(&span, (int32_t)take_number(probe), &start_s, &end_s))
        printf("%lld %lld\n", (long long)start_s, (long long)end_s);
    else
        puts("none");
}

static void answer_contains(struct probe *probe)
{
    int32_t except;
    struct window_span span = take_span(probe, &except);
    struct window window = {.spans = &span, .span_count = 1};
    puts(window_contains(&window, (double)take_number(probe)) ? "yes" : "no");
}

static void answer_next(struct probe *probe)
{
    struct arena arena;
    arena_init(&arena);
    int64_t anchor_s = take_number(probe), after_s = take_number(probe), next_s;
    size_t offset = 0;
    const struct schedule *schedule = schedule_parse(&arena, probe->rest, probe->zone, &probe->error, &offset);
    if (!schedule)
        printf("error %zu %s\n", offset, probe->error.p);
    else if (schedule_next(schedule, anchor_s, after_s, &next_s))
        printf("%lld\n", (long long)next_s);
    else
        puts("never");
    arena_release(&arena);
}

static const struct {
    const char *name;
    void (*answer)(struct probe *);
} questions[] = {
    {"zone", answer_zone}, {"offset", answer_offset},     {"local", answer_local}, {"transition", answer_transition},
    {"span", answer_span}, {"contains", answer_contains}, {"next", answer_next},
};

static void answer(struct probe *probe)
{
    struct text question = take_word(probe);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if (text_is(question, questions[i].name)) {
            buffer_clear(&probe->error);
            questions[i].answer(probe);
            return;
        }
    }
    stop("no such question");
}

int main(int argc, char **argv)
{
    if (argc != 2)
        stop("the folder of the zones is due");
    struct probe probe = {.folder = argv[1], .zone = zone_utc()};
    char line[512];
    buffer_init(&probe.error, 4096);
    while (fgets(line, sizeof line, stdin)) {
        probe.rest = text_trim(text_of(line));
        answer(&probe);
    }
    buffer_release(&probe.error);
    arena_release(&probe.arena);
    return 0;
}
