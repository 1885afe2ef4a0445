#include "engine/core/schedule.h"

#include "engine/base/arena.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"
#include "engine/base/zone.h"
#include "engine/core/cron_field.h"

#define RATE_MAX_S (INT64_C(36525) * DAY_S)  // a century; more is a slip of the keyboard

struct parser {
    struct buffer *error;
    size_t error_at;
    size_t inside_at;  // where the text between the brackets begins
    struct text inside;
};

// ---- rate -------------------------------------------------------------------------------------------------

struct rate_unit {
    const char *one, *many;
    int32_t seconds;
};

static const struct rate_unit rate_units[] = {
    {"minute", "minutes", MINUTE_S},
    {"hour", "hours", HOUR_S},
    {"day", "days", DAY_S},
};

static bool fail(struct parser *parser, size_t at)
{
    parser->error_at = parser->inside_at + at;
    return false;
}

static bool find_unit(struct parser *parser, struct text word, size_t at, int64_t value, int64_t *seconds)
{
    for (size_t i = 0; i < sizeof rate_units / sizeof rate_units[0]; i++) {
        const struct rate_unit *unit = &rate_units[i];
        bool one = text_is(word, unit->one);
        if (!one && !text_is(word, unit->many))
            continue;
        *seconds = unit->seconds;
        if (one == (value == 1))
            return true;
        buffer_printf(parser->error, "rate: the unit is singular for 1 and plural for all else; write rate(%lld %s)",
                      (long long)value, one ? unit->many : unit->one);
        return fail(parser, at);
    }
    buffer_printf(parser->error, "rate: '%.*s' is not a unit; it takes minute, minutes, hour, hours, day, days",
                  TEXT_ARG(word));
    return fail(parser, at);
}

// "5 minutes"
static bool parse_rate(struct parser *parser, struct schedule *schedule)
{
    struct text inside = parser->inside, number = inside;
    if (text_find(inside, ' ', &number.n)) {
        struct text rest = text_from(inside, number.n);
        struct text word = text_trim(rest);
        size_t word_at = word.n ? (size_t)(word.p - inside.p) : inside.n;
        int64_t value, seconds;
        if (!text_to_int64(number, &value) || value < 1) {
            buffer_printf(parser->error, "rate: '%.*s' is not a whole number of at least 1", TEXT_ARG(number));
            return fail(parser, 0);
        }
        if (!find_unit(parser, word, word_at, value, &seconds))
            return false;
        if (value > RATE_MAX_S / seconds) {
            buffer_printf(parser->error, "rate: %.*s is more than a century", TEXT_ARG(inside));
            return fail(parser, 0);
        }
        schedule->kind = SCHEDULE_RATE;
        schedule->rate_s = value * seconds;
        return true;
    }
    buffer_printf(parser->error, "rate: a value and a unit are due, as in rate(5 minutes)");
    return fail(parser, 0);
}

// ---- cron -------------------------------------------------------------------------------------------------

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

// Counts all fields, keeps the first CRON_FIELDS, and remembers where the first one too many begins.
static size_t split_fields(struct text inside, struct text fields[CRON_FIELDS], size_t *extra_at)
{
    size_t count = 0, at = 0;
    for (;;) {
        while (at < inside.n && blank(inside.p[at]))
            at++;
        if (at == inside.n)
            return count;
        size_t first = at;
        while (at < inside.n && !blank(inside.p[at]))
            at++;
        if (count < CRON_FIELDS)
            fields[count] = (struct text){inside.p + first, at - first};
        else if (count == CRON_FIELDS)
            *extra_at = first;
        count++;
    }
}

static bool fail_field_count(struct parser *parser, size_t count, size_t extra_at)
{
    if (count == CRON_FIELDS - 1) {
        buffer_add(parser->error,
                   TEXT("EventBridge cron has six fields, of which the sixth is the year, and '?' for one "
                        "of the two days: 0 23 * * * is cron(0 23 * * ? *)"));
        return fail(parser, parser->inside.n);
    }
    buffer_printf(parser->error,
                  "EventBridge cron has six fields (minutes hours day-of-month month day-of-week year), here %s %zu",
                  count == 1 ? "is" : "are", count);
    return fail(parser, count > CRON_FIELDS ? extra_at : parser->inside.n);
}

static bool check_days(struct parser *parser, const struct text fields[CRON_FIELDS],
                       const struct cron_values values[CRON_FIELDS])
{
    bool any_of_month = values[CRON_DAY_OF_MONTH].any, any_of_week = values[CRON_DAY_OF_WEEK].any;
    if (any_of_month != any_of_week)
        return true;
    if (any_of_month) {
        buffer_printf(parser->error, "day-of-month and day-of-week: only one of the two is '?'; write '*' for "
                                     "day-of-month to run every day");
        return fail(parser, (size_t)(fields[CRON_DAY_OF_MONTH].p - parser->inside.p));
    }
    // Whoever left '*' in one of them meant the other.
    bool month_stars = text_is(fields[CRON_DAY_OF_MONTH], "*") && !text_is(fields[CRON_DAY_OF_WEEK], "*");
    enum cron_field wrong = month_stars ? CRON_DAY_OF_MONTH : CRON_DAY_OF_WEEK;
    buffer_printf(parser->error, "day-of-month and day-of-week: exactly one of the two must be '?'; write '?' for %s",
                  cron_field_name(wrong));
    return fail(parser, (size_t)(fields[wrong].p - parser->inside.p));
}

// The schedule counts weekdays from Monday = 0; the field from Sunday = 1.
static uint8_t weekday_from_sunday(uint8_t weekday)
{
    return (uint8_t)((weekday + 5) % 7);
}

static uint8_t weekdays_from_sunday(uint64_t bits)
{
    return (uint8_t)((bits >> 1 | bits << 6) & 0x7f);
}

static void fill_cron(const struct cron_values values[CRON_FIELDS], struct schedule *schedule)
{
    const struct cron_values *of_month = &values[CRON_DAY_OF_MONTH], *of_week = &values[CRON_DAY_OF_WEEK];
    schedule->kind = SCHEDULE_CRON;
    schedule->minutes = values[CRON_MINUTES].bits[0];
    schedule->hours = (uint32_t)values[CRON_HOURS].bits[0];
    schedule->days_of_month = (uint32_t)(of_month->bits[0] << 1);
    schedule->last_day = of_month->last_day;
    schedule->nearest_weekday = of_month->nearest_weekday;
    schedule->any_day_of_month = of_month->any;
    schedule->months = (uint16_t)(values[CRON_MONTH].bits[0] << 1);
    schedule->days_of_week = weekdays_from_sunday(of_week->bits[0]);
    schedule->nth_weekday = weekday_from_sunday(of_week->weekday);
    schedule->nth = of_week->nth;
    schedule->last_weekday = of_week->last_weekday;
    schedule->any_day_of_week = of_week->any;
    for (int i = 0; i < 4; i++)
        schedule->years[i] = values[CRON_YEAR].bits[i];
}

static bool parse_cron(struct parser *parser, struct schedule *schedule)
{
    struct text fields[CRON_FIELDS];
    size_t extra_at = 0;
    size_t count = split_fields(parser->inside, fields, &extra_at);
    if (count != CRON_FIELDS)
        return fail_field_count(parser, count, extra_at);
    struct cron_values values[CRON_FIELDS];
    for (int i = 0; i < CRON_FIELDS; i++) {
        size_t at;
        if (!cron_field_parse((enum cron_field)i, fields[i], &values[i], parser->error, &at))
            return fail(parser, (size_t)(fields[i].p - parser->inside.p) + at);
    }
    if (!check_days(parser, fields, values))
        return false;
    fill_cron(values, schedule);
    return true;
}

// ---- both -------------------------------------------------------------------------------------------------

static bool parse_kind(struct parser *parser, struct text expression, struct schedule *schedule)
{
    struct text rate = TEXT("rate("), cron = TEXT("cron("), once = TEXT("at(");
    bool is_rate = text_starts(expression, rate), is_cron = text_starts(expression, cron);
    if (!is_rate && !is_cron) {
        buffer_printf(parser->error, text_starts(expression, once)
                                         ? "a policy's schedule repeats: rate(5 minutes) or cron(0 23 * * ? *)"
                                         : "a schedule is rate(5 minutes) or cron(0 23 * * ? *)");
        parser->error_at = 0;
        return false;
    }
    size_t prefix = is_rate ? rate.n : cron.n, close;
    if (!text_find(expression, ')', &close) || close + 1 != expression.n) {
        buffer_printf(parser->error, "a schedule ends with its only ')'");
        parser->error_at = text_find(expression, ')', &close) ? close + 1 : expression.n;
        return false;
    }
    parser->inside_at = prefix;
    parser->inside = (struct text){expression.p + prefix, close - prefix};
    return is_rate ? parse_rate(parser, schedule) : parse_cron(parser, schedule);
}

const struct schedule *schedule_parse(struct arena *arena, struct text expression, const struct zone *zone,
                                      struct buffer *error, size_t *offset)
{
    struct parser parser = {.error = error};
    struct schedule schedule = {.zone = zone ? zone : zone_utc()};
    if (!parse_kind(&parser, expression, &schedule)) {
        *offset = parser.error_at;
        return NULL;
    }
    struct schedule *kept = ARENA_NEW(arena, struct schedule);
    *kept = schedule;
    kept->expression = arena_text(arena, expression);
    return kept;
}
