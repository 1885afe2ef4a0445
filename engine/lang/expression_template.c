// Messages: literals and {expression:format} in turn.
#include "engine/lang/expression_parts.h"

#include <string.h>

#include "drowse/limits.h"
#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"
#include "engine/lang/tree.h"

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))
#define DECIMALS_MOST 6
#define FORMATS "the formats are .0f to .6f, seconds, minutes, duration and iso"

// The formats that are words, and the type that they are for.
static const struct format_name {
    struct text name;
    uint8_t format;
    uint8_t type;
} format_names[] = {
    {{"seconds", 7}, PIECE_SECONDS, TYPE_DURATION},
    {{"minutes", 7}, PIECE_MINUTES, TYPE_DURATION},
    {{"duration", 8}, PIECE_DURATION, TYPE_DURATION},
    {{"iso", 3}, PIECE_ISO, TYPE_INSTANT},
};

// A message on its way: `e.text` is all of it while literals are read.
struct template
{
    struct expression e;
    struct piece *pieces;
    size_t count, capacity;
    size_t i;       // the next byte
    char *literal;  // bytes since the last piece, braces undoubled
    size_t literal_n;
    bool failed;
};

// Where the parts of one {expression:format} lie in the message.
struct braces {
    struct extent all;     // with the braces
    struct extent inside;  // the expression
    struct extent format;  // empty and at the end where there is none
    bool has_format;
};

static void add_piece(struct template *t, struct piece piece)
{
    struct arena *arena = t->e.compiler->arena;
    t->pieces = arena_grow(arena, t->pieces, t->count, &t->capacity, t->count + 1, sizeof *t->pieces);
    t->pieces[t->count++] = piece;
}

static void end_literal(struct template *t)
{
    if (t->literal_n == 0)
        return;
    struct text text = arena_text(t->e.compiler->arena, (struct text){t->literal, t->literal_n});
    add_piece(t, (struct piece){.format = PIECE_LITERAL, .literal = text});
    t->literal_n = 0;
}

// Behind the text literal that begins at i, or the end where it is not closed.
static size_t behind_quotes(struct text text, size_t i)
{
    char quote = text.p[i++];
    for (; i < text.n && text.p[i] != quote; i++)
        if (text.p[i] == '\\')
            i++;
    return i < text.n ? i + 1 : text.n;
}

// Finds the closing brace and the colon, past texts in quotes.
static bool find_braces(struct template *t, struct braces *braces)
{
    struct text text = t->e.text;
    size_t start = t->i, i = start + 1, colon = 0;
    while (i < text.n && text.p[i] != '}' && text.p[i] != '{') {
        if (text.p[i] == ':' && colon == 0)
            colon = i;
        // Behind the colon stands no expression, so no text either.
        i = colon == 0 && (text.p[i] == '"' || text.p[i] == '\'') ? behind_quotes(text, i) : i + 1;
    }
    if (i >= text.n || text.p[i] == '{') {
        expression_fault(&t->e, (struct extent){start, start + 1}, "message-syntax",
                         "this '{' is not closed; a brace that is meant as such is written {{%s",
                         i >= text.n ? expression_cut_hint(&t->e) : "");
        t->i = i < text.n ? i : text.n;
        return false;
    }
    braces->all = (struct extent){start, i + 1};
    braces->has_format = colon != 0;
    braces->inside = (struct extent){start + 1, colon ? colon : i};
    braces->format = (struct extent){colon ? colon + 1 : i, i};
    t->i = i + 1;
    return true;
}

static struct extent trimmed(struct text text, struct extent extent)
{
    while (extent.start < extent.end && text.p[extent.start] == ' ')
        extent.start++;
    while (extent.end > extent.start && text.p[extent.end - 1] == ' ')
        extent.end--;
    return extent;
}

// ---- formats ----------------------------------------------------------------------------------------------

static void format_unknown(struct template *t, struct extent where, struct text word)
{
    struct text names[COUNT_OF(format_names) + 1];
    for (size_t i = 0; i < COUNT_OF(format_names); i++)
        names[i] = format_names[i].name;
    names[COUNT_OF(format_names)] = TEXT(".2f");
    struct text suggestion = diag_suggestion(t->e.scratch, word, names, COUNT_OF(names));
    expression_fault(&t->e, where, "message-format", "unknown format '%.*s'%.*s; " FORMATS,
                     TEXT_ARG(expression_excerpt(&t->e, where)), TEXT_ARG(suggestion));
}

static bool format_parse(struct template *t, struct extent where, struct piece *piece, uint8_t *type)
{
    struct text word = expression_source(&t->e, where);
    for (size_t i = 0; i < COUNT_OF(format_names); i++) {
        if (!text_eq(format_names[i].name, word))
            continue;
        piece->format = format_names[i].format;
        *type = format_names[i].type;
        return true;
    }
    bool fixed =
        word.n == 3 && word.p[0] == '.' && word.p[2] == 'f' && word.p[1] >= '0' && word.p[1] <= '0' + DECIMALS_MOST;
    if (!fixed) {
        format_unknown(t, where, word);
        return false;
    }
    piece->format = PIECE_FIXED;
    piece->decimals = (uint8_t)(word.p[1] - '0');
    *type = TYPE_NUMBER;
    return true;
}

static bool format_suits(struct template *t, struct extent where, uint8_t wanted, uint8_t type)
{
    if (wanted == type)
        return true;
    static const char *const instead[] = {[TYPE_BOOLEAN] = "a boolean takes no format",
                                          [TYPE_NUMBER] = "a number takes .0f to .6f",
                                          [TYPE_DURATION] = "a duration takes seconds, minutes or duration",
                                          [TYPE_INSTANT] = "an instant takes iso",
                                          [TYPE_TEXT] = "a text takes no format"};
    expression_fault(&t->e, where, "message-format", "'%.*s' is for %s, and this is %s; %s",
                     TEXT_ARG(expression_excerpt(&t->e, where)), type_phrase(wanted), type_phrase(type), instead[type]);
    return false;
}

// ---- pieces -----------------------------------------------------------------------------------------------

// The expression between braces, an expression of its own that stands within the message.
static struct typed inside_compile(struct template *t, struct extent inside)
{
    struct extent whole;
    struct expression e = {.compiler = t->e.compiler, .tree = t->e.tree, .want = WANT_ANY};
    e.text = expression_source(&t->e, inside);
    e.base = inside.start;
    return expression_compile(&e, &whole);
}

static void read_braces(struct template *t)
{
    struct braces braces;
    if (!find_braces(t, &braces)) {
        t->failed = true;
        return;
    }
    struct text text = t->e.text;
    struct extent inside = trimmed(text, braces.inside), format = trimmed(text, braces.format);
    if (inside.start == inside.end) {
        expression_fault(&t->e, braces.all, "message-syntax",
                         "there is no expression in these braces; a brace that is meant as such is written {{ or }}");
        t->failed = true;
        return;
    }
    struct piece piece = {.format = PIECE_PLAIN};
    uint8_t wanted = TYPE_POISON;
    struct typed typed = inside_compile(t, inside);
    bool ok = typed.type != TYPE_POISON;
    if (braces.has_format)
        ok = format_parse(t, format, &piece, &wanted) && ok;
    if (ok && braces.has_format)
        ok = format_suits(t, format, wanted, typed.type);
    piece.expression = typed.node;
    t->failed = t->failed || !ok;
    if (ok)
        add_piece(t, piece);
}

static void read_next(struct template *t)
{
    struct text text = t->e.text;
    char c = text.p[t->i];
    bool doubled = t->i + 1 < text.n && text.p[t->i + 1] == c;
    if (c == '{' && !doubled) {
        end_literal(t);
        read_braces(t);
        return;
    }
    if (c == '}' && !doubled) {
        expression_fault(&t->e, (struct extent){t->i, t->i + 1}, "message-syntax",
                         "this '}' closes nothing; a brace that is meant as such is written }}");
        t->failed = true;
    }
    t->literal[t->literal_n++] = c;
    t->i += (c == '{' || c == '}') && doubled ? 2 : 1;
}

static void read_all(struct template *t)
{
    struct expression *e = &t->e;
    if (e->text.n > LIMIT_MESSAGE_BYTES) {
        expression_fault(e, (struct extent){0, 0}, "expression-limit", "a message has at most %d bytes, this has %zu",
                         LIMIT_MESSAGE_BYTES, e->text.n);
        t->failed = true;
        return;
    }
    t->literal = arena_alloc(e->scratch, e->text.n);
    while (t->i < e->text.n)
        read_next(t);
    end_literal(t);
}

bool compile_message(struct compiler *c, const struct tree *scalar, struct message *message)
{
    struct arena scratch;
    struct template t = {
        .e = {.compiler = c, .scratch = &scratch, .tree = scalar, .text = scalar->scalar, .is_message = true}};
    arena_init(&scratch);
    read_all(&t);
    arena_release(&scratch);
    if (t.failed)
        return false;
    *message = (struct message){t.pieces, t.count};
    return true;
}
