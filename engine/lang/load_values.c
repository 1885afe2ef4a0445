// Setters: one value each, checked as its row of the field table says.
#include "engine/lang/loader.h"

#include <math.h>
#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/instant.h"
#include "engine/base/text.h"

#define LARGEST_EXACT 9007199254740992.0  // 2^53: above it a double skips whole numbers
#define LARGEST_EXACT_DIGITS "9007199254740992"

typedef bool setter_function(const struct reading *, const struct tree *, void *out);

// The struct of the record begins at `out`; the row knows where in it the value lives.
void value_store(const struct reading *reading, void *out, const void *value, size_t bytes)
{
    unsigned char *start = out;
    memcpy(start + reading->field->offset, value, bytes);
}

struct text duration_text(struct arena *arena, double seconds)
{
    struct buffer buffer;
    buffer_init(&buffer, 64);
    format_duration_literal(&buffer, seconds);
    struct text text = arena_text(arena, buffer_text(&buffer));
    buffer_release(&buffer);
    return text;
}

struct text number_text(struct arena *arena, double number)
{
    struct buffer buffer;
    buffer_init(&buffer, 64);
    buffer_add_number(&buffer, number);
    struct text text = arena_text(arena, buffer_text(&buffer));
    buffer_release(&buffer);
    return text;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool all_in(struct text text, const char *allowed)
{
    for (size_t i = 0; i < text.n; i++) {
        if (!strchr(allowed, text.p[i]) || text.p[i] == '\0')
            return false;
    }
    return true;
}

bool number_read(const struct reading *reading, const struct tree *value, double *number)
{
    struct text text = value->scalar;
    struct text digits = text.n && text.p[0] == '-' ? text_from(text, 1) : text;
    if (!tree_is_untyped(value) || !text_to_double(text, number)) {
        value_wrong(reading, value);
        return false;
    }
    if (digits.n > 1 && digits.p[0] == '0' && is_digit(digits.p[1])) {
        value_fault(reading, value, "number", "begins with a zero, which some read as octal: write %.*s",
                    TEXT_ARG(number_text(reading->loader->arena, *number)));
        return false;
    }
    bool rounded = fabs(*number) >= LARGEST_EXACT && !text_is(digits, LARGEST_EXACT_DIGITS);
    if (rounded && all_in(digits, "0123456789")) {
        value_fault(reading, value, "number", "has more digits than a number keeps; %s (2^53) is the most",
                    LARGEST_EXACT_DIGITS);
        return false;
    }
    return true;
}

static bool has_bounds(const struct field *field)
{
    return field->min < field->max || field->min > 0;
}

static bool within(const struct reading *reading, const struct tree *value, double number)
{
    const struct field *field = reading->field;
    if (!has_bounds(field) || (number >= field->min && number <= field->max))
        return true;
    struct arena *arena = reading->loader->arena;
    bool time = field->kind == FIELD_DURATION;
    struct text least = time ? duration_text(arena, field->min) : number_text(arena, field->min);
    struct text most = time ? duration_text(arena, field->max) : number_text(arena, field->max);
    value_fault(reading, value, "range", "must be from %.*s to %.*s; found %.*s", TEXT_ARG(least), TEXT_ARG(most),
                TEXT_ARG(value->scalar));
    return false;
}

// ---- texts and names --------------------------------------------------------------------------------------

static bool set_text(const struct reading *reading, const struct tree *value, void *out)
{
    size_t most = (size_t)reading->field->max, at;
    if (value->scalar.n == 0 || text_trim(value->scalar).n == 0) {
        value_fault(reading, value, "range", "must not be empty");
        return false;
    }
    if (text_find(value->scalar, '\n', &at)) {
        value_fault(reading, value, "range", "must be one line");
        return false;
    }
    if (most && value->scalar.n > most) {
        value_fault(reading, value, "range", "has %zu bytes; at most %zu are taken", value->scalar.n, most);
        return false;
    }
    value_store(reading, out, &value->scalar, sizeof value->scalar);
    return true;
}

// The name that was probably meant: small letters, and '_' for what may not be in a name.
static struct text name_mended(struct arena *arena, struct text wrong)
{
    size_t most = wrong.n < LIMIT_NAME_BYTES ? wrong.n : LIMIT_NAME_BYTES, n = 0;
    char *p = arena_alloc(arena, most * 2 + 1);
    for (size_t i = 0; i < most; i++) {
        char c = wrong.p[i];
        bool upper = c >= 'A' && c <= 'Z';
        bool after_small = i > 0 && wrong.p[i - 1] >= 'a' && wrong.p[i - 1] <= 'z';
        if (upper && after_small)
            p[n++] = '_';
        if (upper)
            p[n++] = (char)(c - 'A' + 'a');
        else if ((c >= 'a' && c <= 'z') || (is_digit(c) && n))
            p[n++] = c;
        else if (n && p[n - 1] != '_')
            p[n++] = '_';
    }
    while (n && p[n - 1] == '_')
        n--;
    return (struct text){p, n};
}

static void report_name(struct loader *loader, struct place place, struct text what, struct text wrong)
{
    struct text mended = name_mended(loader->arena, wrong);
    if (wrong.n > LIMIT_NAME_BYTES)
        diag_error(loader->diags, place, "name", "%.*s has %zu bytes; a name has at most %d", TEXT_ARG(what), wrong.n,
                   LIMIT_NAME_BYTES);
    else if (name_valid(mended))
        diag_error(loader->diags, place, "name", "%.*s is made of small letters, digits and '_': write '%.*s'",
                   TEXT_ARG(what), TEXT_ARG(mended));
    else
        diag_error(loader->diags, place, "name",
                   "%.*s is made of small letters, digits and '_', and begins with a letter", TEXT_ARG(what));
}

bool name_check(const struct reading *reading, const struct tree *value)
{
    if (name_valid(value->scalar))
        return true;
    struct loader *loader = reading->loader;
    struct text what = arena_format(loader->arena, "the name '%.*s'", TEXT_ARG(value->scalar));
    report_name(loader, value->place, what, value->scalar);
    return false;
}

static bool set_name(const struct reading *reading, const struct tree *value, void *out)
{
    if (!name_check(reading, value))
        return false;
    value_store(reading, out, &value->scalar, sizeof value->scalar);
    return true;
}

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
#define SMALL "abcdefghijklmnopqrstuvwxyz_"
#define DIGITS "0123456789"

static bool set_word(const struct reading *reading, const struct tree *value, void *out, const char *letters,
                     const char *phrase)
{
    struct text text = value->scalar;
    struct text first = {text.p, text.n ? 1 : 0};
    char allowed[64];
    memcpy(allowed, letters, strlen(letters) + 1);
    memcpy(allowed + strlen(letters), DIGITS, sizeof DIGITS);
    if (first.n && all_in(first, letters) && all_in(text, allowed) && text.n <= LIMIT_NAME_BYTES) {
        value_store(reading, out, &text, sizeof text);
        return true;
    }
    value_fault(reading, value, "name", "must be %s such as %s, at most %d long; found %.*s", phrase,
                reading->field->example, LIMIT_NAME_BYTES, TEXT_ARG(tree_describe(reading->loader->arena, value)));
    return false;
}

static bool set_variable(const struct reading *reading, const struct tree *value, void *out)
{
    return set_word(reading, value, out, CAPITALS, "capitals, digits and '_'");
}

static bool set_request(const struct reading *reading, const struct tree *value, void *out)
{
    return set_word(reading, value, out, SMALL, "small letters, digits and '_'");
}

static struct text choices_text(struct arena *arena, const struct field *field)
{
    struct text all = TEXT("");
    for (size_t i = 0; field->choices[i]; i++)
        all = arena_format(arena, "%.*s%s%s", TEXT_ARG(all), i ? ", " : "", field->choices[i]);
    return all;
}

static bool set_choice(const struct reading *reading, const struct tree *value, void *out)
{
    const struct field *field = reading->field;
    struct text candidates[16];
    size_t count = 0;
    for (; field->choices[count]; count++) {
        candidates[count] = text_of(field->choices[count]);
        if (text_eq(value->scalar, candidates[count])) {
            uint8_t index = (uint8_t)count;
            value_store(reading, out, &index, sizeof index);
            return true;
        }
    }
    struct arena *arena = reading->loader->arena;
    value_fault(reading, value, "choice", "must be one of %.*s; found %.*s%.*s", TEXT_ARG(choices_text(arena, field)),
                TEXT_ARG(tree_describe(arena, value)),
                TEXT_ARG(diag_suggestion(arena, value->scalar, candidates, count)));
    return false;
}

// ---- numbers, durations, shares ---------------------------------------------------------------------------

static bool set_boolean(const struct reading *reading, const struct tree *value, void *out)
{
    bool truth = text_is(value->scalar, "true");
    if (!tree_is_untyped(value) || (!truth && !text_is(value->scalar, "false"))) {
        value_wrong(reading, value);
        return false;
    }
    value_store(reading, out, &truth, sizeof truth);
    return true;
}

static bool set_number(const struct reading *reading, const struct tree *value, void *out)
{
    double number;
    if (!number_read(reading, value, &number) || !within(reading, value, number))
        return false;
    value_store(reading, out, &number, sizeof number);
    return true;
}

static bool set_whole(const struct reading *reading, const struct tree *value, void *out)
{
    double number;
    if (!number_read(reading, value, &number))
        return false;
    if (number != floor(number)) {
        value_wrong(reading, value);
        return false;
    }
    if (!within(reading, value, number))
        return false;
    uint32_t whole = (uint32_t)number;
    value_store(reading, out, &whole, sizeof whole);
    return true;
}

static bool set_duration(const struct reading *reading, const struct tree *value, void *out)
{
    double seconds;
    if (!parse_duration(value->scalar, &seconds)) {
        value_wrong(reading, value);
        return false;
    }
    if (!within(reading, value, seconds))
        return false;
    uint32_t whole = (uint32_t)seconds;
    value_store(reading, out, &whole, sizeof whole);
    return true;
}

static bool set_share(const struct reading *reading, const struct tree *value, void *out)
{
    struct share share = {.present = true};
    struct text text = value->scalar;
    share.percent = text_ends(text, TEXT("%"));
    if (share.percent) {
        text.n--;
        if (!text_to_double(text, &share.amount) || share.amount < 0 || share.amount > 100) {
            value_fault(reading, value, "range", "must be from 0%% to 100%%; found %.*s", TEXT_ARG(value->scalar));
            return false;
        }
    } else if (!number_read(reading, value, &share.amount)) {
        return false;
    } else if (share.amount < 0 || share.amount != floor(share.amount)) {
        value_fault(reading, value, "range", "must be a whole count, or a percentage such as 50%%; found %.*s",
                    TEXT_ARG(value->scalar));
        return false;
    }
    value_store(reading, out, &share, sizeof share);
    return true;
}

static bool keep_tree(const struct reading *reading, const struct tree *value, void *out)
{
    value_store(reading, out, &value, sizeof(const struct tree *));
    return true;
}

static setter_function *const setters[FIELD_KIND_COUNT] = {
    [FIELD_TEXT] = set_text,         [FIELD_NAME] = set_name,       [FIELD_HEARTBEAT] = set_name,
    [FIELD_VARIABLE] = set_variable, [FIELD_REQUEST] = set_request, [FIELD_BOOLEAN] = set_boolean,
    [FIELD_NUMBER] = set_number,     [FIELD_WHOLE] = set_whole,     [FIELD_DURATION] = set_duration,
    [FIELD_SHARE] = set_share,       [FIELD_CHOICE] = set_choice,   [FIELD_STATISTIC] = set_statistic,
    [FIELD_DAYS] = set_days,         [FIELD_DATES] = set_dates,     [FIELD_DATE_LIST] = set_date_list,
    [FIELD_TIME] = set_time,         [FIELD_ZONE] = set_zone,
};

bool value_set(const struct reading *reading, const struct tree *value, void *out)
{
    setter_function *set = setters[reading->field->kind];
    return set ? set(reading, value, out) : keep_tree(reading, value, out);
}
