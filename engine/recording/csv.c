// CSV: a time, a value. Leading rows (labels, a header) are passed over until the first column is a time.
#include "engine/recording/read.h"

#include <math.h>
#include <string.h>

#include "engine/base/arena.h"
#include "engine/base/text.h"

#define LEADING_ROWS 100
#define FIRST_EPOCH_S 1e8  // a smaller number in the first column is no time: March 1973

struct csv {
    struct file_read *file;
    const char *p, *end;  // what is left
    struct text row;      // the newest one, without its line end
    size_t line;          // its number
    struct text header;   // the last leading row
    size_t value_cell;    // index of the value's column
    struct stamps stamps;
    struct page page;
};

static bool row_fail(struct csv *csv, struct text cell, const char *what)
{
    char excerpt[EXCERPT_BYTES];
    buffer_printf(csv->file->error, "%.*s:%zu:%zu: \"%s\" %s", TEXT_ARG(csv->file->path), csv->line,
                  (size_t)(cell.p - csv->row.p) + 1, excerpt_of(cell, excerpt), what);
    return false;
}

static bool next_row(struct csv *csv)
{
    if (csv->p == csv->end)
        return false;
    const char *end = memchr(csv->p, '\n', (size_t)(csv->end - csv->p));
    const char *stop = end ? end : csv->end;
    csv->row = (struct text){csv->p, (size_t)(stop - csv->p)};
    if (csv->row.n && csv->row.p[csv->row.n - 1] == '\r')
        csv->row.n--;
    csv->p = end ? end + 1 : csv->end;
    csv->line++;
    return true;
}

// A cell in quotes: what is between them; a doubled quote stays doubled. `*p` is moved behind the closing one.
static struct text quoted_cell(const char **p, const char *end)
{
    const char *inside = ++*p;
    while (*p < end) {
        const char *quote = memchr(*p, '"', (size_t)(end - *p));
        if (!quote)
            break;
        *p = quote + 1;
        if (*p == end || **p != '"')
            return (struct text){inside, (size_t)(quote - inside)};
        ++*p;
    }
    *p = end;
    return (struct text){inside, (size_t)(end - inside)};
}

// The cell at *p, which is moved to the start of the next, or to NULL behind the last.
static struct text next_cell(const char **p, const char *end)
{
    struct text cell;
    const char *at = *p;
    while (at < end && *at == ' ')
        at++;
    bool quoted = at < end && *at == '"';
    if (quoted)
        cell = quoted_cell(&at, end);
    const char *comma = at < end ? memchr(at, ',', (size_t)(end - at)) : NULL;
    if (!quoted)
        cell = text_trim((struct text){at, (size_t)((comma ? comma : end) - at)});
    *p = comma ? comma + 1 : NULL;
    return cell;
}

static size_t cell_count(struct text row)
{
    size_t count = 0;
    for (const char *p = row.p; p; count++)
        next_cell(&p, row.p + row.n);
    return count;
}

static bool cell_at(struct text row, size_t index, struct text *cell)
{
    const char *p = row.p;
    for (size_t i = 0; p; i++) {
        *cell = next_cell(&p, row.p + row.n);
        if (i == index)
            return true;
    }
    return false;
}

static bool cell_time(struct csv *csv, struct text cell, double *at_s, bool *zoned)
{
    double number;
    if (stamp_read(&csv->stamps, cell, at_s, zoned))
        return true;
    if (!text_to_double(cell, &number) || number < FIRST_EPOCH_S || !epoch_valid(number))
        return false;
    *at_s = number;
    *zoned = true;
    return true;
}

// Words that stand for a value that is not finite. None says that there is no value at all: that is an empty cell.
static bool is_not_finite(struct text cell)
{
    static const struct text words[] = {{"NaN", 3}, {"nan", 3}, {"Inf", 3}, {"inf", 3}, {"Infinity", 8}, {"null", 4}};
    if (cell.n && (*cell.p == '-' || *cell.p == '+'))
        cell = text_from(cell, 1);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (text_eq(cell, words[i]))
            return true;
    return false;
}

// A number past a double's range is one whose digits and exponent are both numbers.
static bool is_out_of_range(struct text cell)
{
    size_t e;
    double digits;
    int64_t exponent;
    if (!text_find(cell, 'e', &e) && !text_find(cell, 'E', &e))
        return false;
    struct text tail = text_from(cell, e + 1);
    if (tail.n && *tail.p == '+')
        tail = text_from(tail, 1);
    return text_to_double((struct text){cell.p, e}, &digits) && text_to_int64(tail, &exponent);
}

static bool cell_value(struct text cell, double *value)
{
    if (text_to_double(cell, value))
        return true;
    if (!is_not_finite(cell) && !is_out_of_range(cell))
        return false;
    *value = NAN;
    return true;
}

static void add_point(struct csv *csv, double at_s, double value)
{
    struct arena *arena = csv->file->recording->arena;
    if (column_full(&csv->page.times))
        column_widen(arena, &csv->page.times);
    if (column_full(&csv->page.values))
        column_widen(arena, &csv->page.values);
    csv->page.times.items[csv->page.times.count++] = at_s;
    csv->page.values.items[csv->page.values.count++] = value;
}

// Is it a row of data? Blank ones and those without a value are, and add nothing.
static bool read_row(struct csv *csv)
{
    if (text_trim(csv->row).n == 0)
        return true;
    const char *p = csv->row.p, *end = csv->row.p + csv->row.n;
    struct text cell = next_cell(&p, end);
    double at_s, value;
    bool zoned;
    if (!cell_time(csv, cell, &at_s, &zoned))
        return row_fail(csv, cell,
                        "is no timestamp; the first column holds YYYY-MM-DD HH:MM:SS, ISO 8601 or epoch "
                        "seconds");
    for (size_t i = 1; p && i < csv->value_cell; i++)
        next_cell(&p, end);
    if (!p)
        return row_fail(csv, csv->row, "has no value column");
    cell = next_cell(&p, end);
    if (cell.n == 0)
        return true;
    if (!cell_value(cell, &value))
        return row_fail(csv, cell, "is not a number");
    csv->page.unzoned |= !zoned;
    add_point(csv, at_s, value);
    return true;
}

// Several value columns and a header: the one called like the metric.
static bool choose_column(struct csv *csv)
{
    csv->value_cell = 1;
    size_t cells = cell_count(csv->row);
    if (cells <= 2 || csv->header.n == 0 || cell_count(csv->header) != cells)
        return true;
    struct text cell = {NULL, 0};
    for (size_t i = 1; i < cells && cell_at(csv->header, i, &cell); i++) {
        if (text_eq(cell, csv->file->metric)) {
            csv->value_cell = i;
            return true;
        }
    }
    struct buffer names;
    buffer_init(&names, LIMIT_MESSAGE_BYTES);
    for (size_t i = 1; i < cells && cell_at(csv->header, i, &cell); i++) {
        char excerpt[EXCERPT_BYTES];
        buffer_printf(&names, "%s%s", i > 1 ? ", " : "", excerpt_of(cell, excerpt));
    }
    buffer_printf(csv->file->error, "%.*s:%zu:1: several value columns (%.*s) and none is called %.*s",
                  TEXT_ARG(csv->file->path), csv->line - 1, TEXT_ARG(buffer_text(&names)), TEXT_ARG(csv->file->metric));
    buffer_release(&names);
    return false;
}

// To the first row whose first column is a time.
static bool find_data(struct csv *csv)
{
    for (size_t i = 0; i < LEADING_ROWS && next_row(csv); i++) {
        const char *p = csv->row.p;
        double at_s;
        bool zoned;
        if (cell_time(csv, next_cell(&p, csv->row.p + csv->row.n), &at_s, &zoned))
            return true;
        csv->header = csv->row;
    }
    return file_fail(csv->file, "is no recording: neither JSON with MetricDataResults, Datapoints or services, nor CSV "
                                "whose first column is a time (YYYY-MM-DD HH:MM:SS, ISO 8601 or epoch seconds)");
}

bool read_csv(struct file_read *file)
{
    struct text content = file->content;
    if (text_starts(content, TEXT("\xEF\xBB\xBF")))
        content = text_from(content, 3);
    struct csv csv = {.file = file, .p = content.p, .end = content.p + content.n, .page.id = file->metric};
    if (!find_data(&csv) || !choose_column(&csv))
        return false;
    do {
        if (!read_row(&csv))
            return false;
    } while (next_row(&csv));
    file_add_page(file, &csv.page);
    return true;
}
