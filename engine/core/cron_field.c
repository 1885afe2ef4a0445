#include "engine/core/cron_field.h"

#include "engine/base/text.h"

// What each field takes. Names stand for the values from `first` on.
struct shape {
    const char *name;
    int32_t first, last;
    const char *const *names;
    size_t name_count;
    const char *range;  // for messages
};

static const char *const months[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
static const char *const weekdays[] = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

static const struct shape shapes[CRON_FIELDS] = {
    [CRON_MINUTES] = {"minutes", 0, 59, NULL, 0, "0-59"},
    [CRON_HOURS] = {"hours", 0, 23, NULL, 0, "0-23"},
    [CRON_DAY_OF_MONTH] = {"day-of-month", 1, 31, NULL, 0, "1-31"},
    [CRON_MONTH] = {"month", 1, 12, months, 12, "1-12 or JAN-DEC"},
    [CRON_DAY_OF_WEEK] = {"day-of-week", 1, 7, weekdays, 7, "1-7 (1 is Sunday) or SUN-SAT"},
    [CRON_YEAR] = {"year", CRON_FIRST_YEAR, CRON_LAST_YEAR, NULL, 0, "1970-2199"},
};

const char *cron_field_name(enum cron_field field)
{
    return shapes[field].name;
}

struct parser {
    const struct shape *shape;
    struct text text;
    size_t at;
    struct buffer *error;
    size_t error_at;
};

static char peek(const struct parser *parser)
{
    return parser->at < parser->text.n ? parser->text.p[parser->at] : '\0';
}

static bool take(struct parser *parser, char c)
{
    if (parser->at == parser->text.n || parser->text.p[parser->at] != c)
        return false;
    parser->at++;
    return true;
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool letter(char c)
{
    return upper(c) >= 'A' && upper(c) <= 'Z';
}

// ---- numbers and names ------------------------------------------------------------------------------------

// At most four digits, so that nothing overflows.
static bool take_number(struct parser *parser, int32_t *number)
{
    int32_t sum = 0;
    size_t first = parser->at;
    while (parser->at - first < 4 && digit(peek(parser)))
        sum = sum * 10 + (parser->text.p[parser->at++] - '0');
    if (parser->at == first || digit(peek(parser)))
        return false;
    *number = sum;
    return true;
}

// The characters up to the next separator, for messages.
static struct text word_at(const struct parser *parser, size_t at)
{
    size_t end = at;
    while (end < parser->text.n && parser->text.p[end] != ',' && parser->text.p[end] != '-' &&
           parser->text.p[end] != '/')
        end++;
    return (struct text){parser->text.p + at, end - at};
}

static bool fail_value(struct parser *parser, size_t at)
{
    struct text word = word_at(parser, at);
    if (word.n == 0)
        buffer_printf(parser->error, "%s: a value is missing here; it takes %s", parser->shape->name,
                      parser->shape->range);
    else
        buffer_printf(parser->error, "%s: '%.*s' is not among %s", parser->shape->name, TEXT_ARG(word),
                      parser->shape->range);
    parser->error_at = at;
    return false;
}

static bool name_is(struct text word, const char *name)
{
    for (size_t i = 0; i < word.n; i++) {
        if (upper(word.p[i]) != name[i])
            return false;
    }
    return true;
}

static bool take_name(struct parser *parser, int32_t *value)
{
    struct text word = {parser->text.p + parser->at, 0};
    while (parser->at + word.n < parser->text.n && letter(word.p[word.n]))
        word.n++;
    if (word.n == 4 && upper(word.p[3]) == 'L')  // FRIL: what follows the name is the caller's
        word.n = 3;
    for (size_t i = 0; word.n == 3 && i < parser->shape->name_count; i++) {
        if (name_is(word, parser->shape->names[i])) {
            parser->at += word.n;
            *value = parser->shape->first + (int32_t)i;
            return true;
        }
    }
    return false;
}

static bool take_value(struct parser *parser, int32_t *value)
{
    size_t at = parser->at;
    bool read = letter(peek(parser)) ? take_name(parser, value) : take_number(parser, value);
    if (!read || *value < parser->shape->first || *value > parser->shape->last)
        return fail_value(parser, at);
    return true;
}

// ---- ranges, steps and lists ------------------------------------------------------------------------------

static bool fail_backwards(struct parser *parser, size_t at, int32_t from, int32_t to)
{
    const struct shape *shape = parser->shape;
    buffer_printf(parser->error, "%s: the range %d-%d runs backwards; write %d-%d,%d-%d", shape->name, from, to, from,
                  shape->last, shape->first, to);
    parser->error_at = at;
    return false;
}

// "/n" behind a value, a range or '*'; 1 without it.
static bool take_step(struct parser *parser, int32_t *step)
{
    *step = 1;
    if (!take(parser, '/'))
        return true;
    size_t at = parser->at;
    int32_t most = parser->shape->last - parser->shape->first + (parser->shape->first > 0);
    if (take_number(parser, step) && *step >= 1 && *step <= most)
        return true;
    buffer_printf(parser->error, "%s: a step is a whole number from 1 to %d", parser->shape->name, most);
    parser->error_at = at;
    return false;
}

// One item of a list: `*`, `v` or `v-w`, each with a step or without. `v/n` runs to the field's end.
static bool take_item(struct parser *parser, struct cron_values *values)
{
    const struct shape *shape = parser->shape;
    int32_t from = shape->first, to = shape->last, step;
    size_t at = parser->at;
    bool ranged = take(parser, '*');
    if (!ranged) {
        if (!take_value(parser, &from))
            return false;
        ranged = take(parser, '-');
        if (ranged && !take_value(parser, &to))
            return false;
        if (to < from)
            return fail_backwards(parser, at, from, to);
    }
    bool stepped = peek(parser) == '/';
    if (!take_step(parser, &step))
        return false;
    if (!ranged && !stepped)
        to = from;
    for (int32_t value = from; value <= to; value += step) {
        uint32_t bit = (uint32_t)(value - shape->first);
        values->bits[bit / 64] |= UINT64_C(1) << bit % 64;
    }
    return true;
}

static bool take_list(struct parser *parser, struct cron_values *values)
{
    do {
        if (!take_item(parser, values))
            return false;
    } while (take(parser, ','));
    if (parser->at == parser->text.n)
        return true;
    buffer_printf(parser->error,
                  "%s: '%.*s' does not belong here; it takes values, ranges (a-b), steps (a/n) and "
                  "lists of them (a,b)",
                  parser->shape->name, TEXT_ARG(text_from(parser->text, parser->at)));
    parser->error_at = parser->at;
    return false;
}

// ---- the forms of days ------------------------------------------------------------------------------------

static bool fail_form(struct parser *parser, const char *right)
{
    buffer_printf(parser->error, "%s: '%.*s' is not understood; %s", parser->shape->name, TEXT_ARG(parser->text),
                  right);
    parser->error_at = 0;
    return false;
}

static bool has(struct text text, char wanted)
{
    for (size_t i = 0; i < text.n; i++) {
        if (upper(text.p[i]) == wanted)
            return true;
    }
    return false;
}

static bool text_is_upper(struct text text, const char *wanted, size_t n)
{
    return text.n == n && name_is(text, wanted);
}

// L, LW and nW.
static bool parse_day_of_month_form(struct parser *parser, struct cron_values *values)
{
    if (text_is_upper(parser->text, "L", 1)) {
        values->last_day = true;
        return true;
    }
    if (text_is_upper(parser->text, "LW", 2)) {
        values->nearest_weekday = CRON_LAST_WEEKDAY;
        return true;
    }
    int32_t day;
    if (!take_number(parser, &day) || upper(peek(parser)) != 'W' || parser->at + 1 != parser->text.n)
        return fail_form(parser, "L (the last day), LW (the last weekday) and 15W (the weekday nearest the 15th) "
                                 "stand alone");
    if (day < 1 || day > 31)
        return fail_form(parser, "the day before W is 1-31");
    values->nearest_weekday = (uint8_t)day;
    return true;
}

// L (Saturday, the week's last day), DL and D#n.
static bool parse_day_of_week_form(struct parser *parser, struct cron_values *values)
{
    if (text_is_upper(parser->text, "L", 1)) {
        values->bits[0] = UINT64_C(1) << 6;
        return true;
    }
    int32_t weekday, nth;
    if (!take_value(parser, &weekday))
        return false;
    values->weekday = (uint8_t)weekday;
    if (upper(peek(parser)) == 'L' && parser->at + 1 == parser->text.n) {
        values->last_weekday = true;
        return true;
    }
    if (!take(parser, '#') || !take_number(parser, &nth) || parser->at != parser->text.n)
        return fail_form(parser, "6L (the month's last Friday) and 6#2 (its second) stand alone");
    if (nth < 1 || nth > 5)
        return fail_form(parser, "the number behind # is 1-5");
    values->nth = (uint8_t)nth;
    return true;
}

static bool parse_any(struct parser *parser, enum cron_field field, struct cron_values *values)
{
    if (field != CRON_DAY_OF_MONTH && field != CRON_DAY_OF_WEEK)
        return fail_form(parser, "'?' stands for day-of-month or day-of-week only; write '*' for every value");
    if (parser->text.n != 1)
        return fail_form(parser, "'?' stands alone");
    values->any = true;
    return true;
}

bool cron_field_parse(enum cron_field field, struct text text, struct cron_values *values, struct buffer *error,
                      size_t *offset)
{
    struct parser parser = {.shape = &shapes[field], .text = text, .error = error};
    struct cron_values result = {0};
    bool parsed;
    if (has(text, '?'))
        parsed = parse_any(&parser, field, &result);
    else if (field == CRON_DAY_OF_MONTH && (has(text, 'L') || has(text, 'W')))
        parsed = parse_day_of_month_form(&parser, &result);
    else if (field == CRON_DAY_OF_WEEK && (has(text, 'L') || has(text, '#')))
        parsed = parse_day_of_week_form(&parser, &result);
    else
        parsed = take_list(&parser, &result);
    if (parsed)
        *values = result;
    else
        *offset = parser.error_at;
    return parsed;
}
