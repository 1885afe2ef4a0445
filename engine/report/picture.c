#include "engine/report/picture.h"

#include <math.h>

#include "engine/base/instant.h"
#include "engine/base/text.h"

#define GUTTER_MOST 20
#define COLUMNS_LEAST 20
#define COLUMNS_MOST 2000
#define LEVELS 8
#define START_SHARE_SEEN 0.01

static const char *const bars_utf8[LEVELS] = {"\u2581", "\u2582", "\u2583", "\u2584",
                                              "\u2585", "\u2586", "\u2587", "\u2588"};
static const char *const bars_ascii[LEVELS] = {".", ":", "-", "=", "+", "*", "#", "@"};
static const char *const states_utf8[REPLAY_STATE_COUNT] = {"\u2588", "\u00b7", "\u2591"};
static const char *const states_ascii[REPLAY_STATE_COUNT] = {"#", ".", "+"};
static const enum paint state_paints[REPLAY_STATE_COUNT] = {PAINT_GREEN, PAINT_DIM, PAINT_YELLOW};

// How the time of the recording lies on columns.
struct canvas {
    struct buffer *out;
    const struct style *style;
    const struct picture *picture;
    size_t gutter, columns;
    double column_s;
};

static size_t column_at(const struct canvas *canvas, double at_s)
{
    double column = floor((at_s - canvas->picture->from_s) / canvas->column_s);
    if (column < 0)
        return 0;
    return column < (double)canvas->columns ? (size_t)column : canvas->columns - 1;
}

// ---- sparklines -------------------------------------------------------------------------------------------

struct range {
    double lowest, highest;
    bool any;
};

static void raise_to(double *columns, size_t first, size_t last, double value)
{
    for (size_t i = first; i <= last; i++)
        if (isnan(columns[i]) || value > columns[i])
            columns[i] = value;
}

// The highest value of each column, NaN where there is none.
static struct range spread(const struct canvas *canvas, const struct picture_row *row, double *columns)
{
    struct range range = {0};
    for (size_t i = 0; i < canvas->columns; i++)
        columns[i] = NAN;
    for (size_t i = 0; i < row->series->count; i++) {
        double at_s = (double)row->series->at_s[i], end_s = at_s + row->period_s, value = row->series->values[i];
        if (end_s <= canvas->picture->from_s || at_s >= canvas->picture->to_s)
            continue;
        // A bucket that ends where a column begins does not reach into it.
        raise_to(columns, column_at(canvas, at_s), column_at(canvas, nextafter(end_s, at_s)), value);
        range.lowest = range.any ? fmin(range.lowest, value) : value;
        range.highest = range.any ? fmax(range.highest, value) : value;
        range.any = true;
    }
    return range;
}

// From 0 up, or from the lowest where that is negative; whatever is above the base shows.
static size_t level_of(const struct range *range, double value)
{
    double base = fmin(0, range->lowest), height = range->highest - base;
    if (!(height > 0) || !isfinite(height))
        return 0;
    return (size_t)ceil((value - base) / height * (LEVELS - 1));
}

static void gutter(const struct canvas *canvas, struct text name)
{
    struct text shown = name;
    if (shown.n > GUTTER_MOST)
        shown.n = GUTTER_MOST;
    buffer_add(canvas->out, TEXT("  "));
    pad_text(canvas->out, shown, canvas->gutter - 2);
}

static struct range draw_row(const struct canvas *canvas, const struct picture_row *row)
{
    double columns[COLUMNS_MOST];
    struct range range = spread(canvas, row, columns);
    const char *const *bars = canvas->style->utf8 ? bars_utf8 : bars_ascii;
    gutter(canvas, row->name);
    paint_begin(canvas->out, canvas->style, PAINT_CYAN);
    for (size_t i = 0; i < canvas->columns; i++)
        buffer_add(canvas->out, isnan(columns[i]) ? TEXT(" ") : text_of(bars[level_of(&range, columns[i])]));
    paint_end(canvas->out, canvas->style);
    buffer_add_char(canvas->out, '\n');
    return range;
}

// ---- states -----------------------------------------------------------------------------------------------

typedef double state_seconds[REPLAY_STATE_COUNT];

static void add_stretch(const struct canvas *canvas, state_seconds *columns, double begin_s, double end_s,
                        enum replay_state state)
{
    if (end_s <= begin_s)
        return;
    size_t last = column_at(canvas, nextafter(end_s, begin_s));
    for (size_t i = column_at(canvas, begin_s); i <= last; i++) {
        double column_begin_s = canvas->picture->from_s + (double)i * canvas->column_s;
        columns[i][state] += fmax(0, fmin(end_s, column_begin_s + canvas->column_s) - fmax(begin_s, column_begin_s));
    }
}

static void collect_states(const struct canvas *canvas, state_seconds *columns)
{
    const struct replay_result *result = canvas->picture->result;
    enum replay_state state = result->first_state;
    double since_s = canvas->picture->from_s;
    for (size_t i = 0; i < result->transition_count; i++) {
        const struct replay_transition *transition = &result->transitions[i];
        add_stretch(canvas, columns, since_s, transition->at_s, state);
        state = transition->to;
        since_s = transition->at_s;
    }
    add_stretch(canvas, columns, since_s, canvas->picture->to_s, state);
}

// A start is shown where it takes a part of the column that would be seen if columns were wider; else months of
// daily starts would look as if the service did nothing but start.
static enum replay_state state_shown(const state_seconds seconds)
{
    double all_s = seconds[REPLAY_STARTING] + seconds[REPLAY_AWAKE] + seconds[REPLAY_ASLEEP];
    if (seconds[REPLAY_STARTING] > START_SHARE_SEEN * all_s)
        return REPLAY_STARTING;
    return seconds[REPLAY_AWAKE] >= seconds[REPLAY_ASLEEP] ? REPLAY_AWAKE : REPLAY_ASLEEP;
}

static void draw_states(const struct canvas *canvas)
{
    state_seconds columns[COLUMNS_MOST] = {{0}};
    collect_states(canvas, columns);
    const char *const *glyphs = canvas->style->utf8 ? states_utf8 : states_ascii;
    gutter(canvas, TEXT("service"));
    for (size_t i = 0; i < canvas->columns; i++) {
        enum replay_state state = state_shown(columns[i]);
        bool begins = i == 0 || state != state_shown(columns[i - 1]);
        bool ends = i + 1 == canvas->columns || state != state_shown(columns[i + 1]);
        if (begins)
            paint_begin(canvas->out, canvas->style, state_paints[state]);
        buffer_add(canvas->out, text_of(glyphs[state]));
        if (ends)
            paint_end(canvas->out, canvas->style);
    }
    buffer_add_char(canvas->out, '\n');
}

// ---- the axis ---------------------------------------------------------------------------------------------

// Distances between labels that a person would choose.
static const int64_t steps_s[] = {60,         5 * 60,     15 * 60,    30 * 60,    3600,      2 * 3600,
                                  3 * 3600,   6 * 3600,   12 * 3600,  DAY_S,      2 * DAY_S, 7 * DAY_S,
                                  14 * DAY_S, 28 * DAY_S, 91 * DAY_S, 364 * DAY_S};
#define LABEL_COLUMNS 8.0  // the widest label, its mark, and a blank

static int64_t axis_step(double column_s)
{
    size_t count = sizeof steps_s / sizeof *steps_s;
    for (size_t i = 0; i < count; i++)
        if ((double)steps_s[i] / column_s >= LABEL_COLUMNS)
            return steps_s[i];
    return steps_s[count - 1];
}

// Midnights carry the date, other marks the time of day. Days of over a week's step carry month and day.
static void label_format(struct buffer *out, int64_t at_s, int64_t step_s)
{
    static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    int32_t day = (int32_t)(at_s / DAY_S), minutes = (int32_t)(at_s % DAY_S / MINUTE_S);
    struct civil civil = civil_from_day(day);
    if (step_s >= 7 * DAY_S)
        buffer_printf(out, "%02d-%02d", civil.month, civil.day);
    else if (minutes == 0)
        buffer_printf(out, "%s %d", days[weekday_of_day(day)], civil.day);
    else
        buffer_printf(out, "%02d:%02d", minutes / 60, minutes % 60);
}

static void draw_axis(const struct canvas *canvas)
{
    int64_t step_s = axis_step(canvas->column_s);
    int64_t at_s = (int64_t)ceil(canvas->picture->from_s / (double)step_s) * step_s;
    gutter(canvas, TEXT("time (UTC)"));
    size_t drawn = 0;
    for (; (double)at_s < canvas->picture->to_s; at_s += step_s) {
        struct buffer label;
        buffer_init(&label, 64);
        buffer_add_char(&label, '|');
        label_format(&label, at_s, step_s);
        size_t column = column_at(canvas, (double)at_s);
        if (column >= drawn && column + label.n <= canvas->columns) {
            pad_blanks(canvas->out, column - drawn);
            buffer_add(canvas->out, buffer_text(&label));
            drawn = column + label.n;
        }
        buffer_release(&label);
    }
    buffer_add_char(canvas->out, '\n');
}

static void draw_legend(const struct canvas *canvas)
{
    const char *const *glyphs = canvas->style->utf8 ? states_utf8 : states_ascii;
    gutter(canvas, (struct text){0});
    buffer_printf(canvas->out, "%s awake  %s starting  %s asleep;  one column is ", glyphs[REPLAY_AWAKE],
                  glyphs[REPLAY_STARTING], glyphs[REPLAY_ASLEEP]);
    if (canvas->column_s < 1)
        buffer_add(canvas->out, TEXT("less than 1s"));
    else
        format_duration(canvas->out, canvas->column_s);
    buffer_add_char(canvas->out, '\n');
}

static size_t gutter_width(const struct picture *picture)
{
    size_t widest = sizeof "time (UTC)" - 1;
    for (size_t i = 0; i < picture->row_count; i++)
        if (picture->rows[i].name.n > widest)
            widest = picture->rows[i].name.n;
    return 2 + (widest < GUTTER_MOST ? widest : GUTTER_MOST) + 2;
}

void picture_draw(struct buffer *out, const struct style *style, const struct picture *picture)
{
    size_t left = gutter_width(picture);
    size_t columns = picture->width > left + COLUMNS_LEAST ? picture->width - left : COLUMNS_LEAST;
    if (columns > COLUMNS_MOST)
        columns = COLUMNS_MOST;
    struct canvas canvas = {out, style, picture, left, columns, (picture->to_s - picture->from_s) / (double)columns};
    struct buffer highest;
    buffer_init(&highest, LIMIT_MESSAGE_BYTES);
    for (size_t i = 0; i < picture->row_count; i++) {
        struct range range = draw_row(&canvas, &picture->rows[i]);
        buffer_printf(&highest, "%s %.*s ", i ? "," : "", TEXT_ARG(picture->rows[i].name));
        buffer_printf(&highest, "%.6g", range.any ? range.highest : 0);
    }
    draw_states(&canvas);
    draw_axis(&canvas);
    draw_legend(&canvas);
    if (highest.n) {
        gutter(&canvas, (struct text){0});
        buffer_printf(out, "highest:%.*s\n", TEXT_ARG(buffer_text(&highest)));
    }
    buffer_release(&highest);
}
