// What libyaml says of a syntax fault, in the words of someone who writes policies.
#include "engine/lang/yaml_reader.h"

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

// Hints by libyaml's own words, as it has no codes.
struct hint {
    const char *problem;
    const char *hint;
};

static const struct hint hints[] = {
    {"mapping values are not allowed in this context", "a text that holds ': ' must be quoted, "
                                                       "and the keys of one map begin in the same column"},
    {"could not find expected ':'", "a key is followed by ': ' and its value; a text of several lines is quoted"},
    {"did not find expected key", "the lines of one map begin in the same column"},
    {"did not find expected '-' indicator", "the items of one list begin with '- ' in the same column"},
    {"did not find expected ',' or '}'", "a map in braces separates its entries by ', ' and ends with '}'"},
    {"did not find expected ',' or ']'", "a list in brackets separates its items by ', ' and ends with ']'"},
    {"did not find expected node content", "a value is missing, or a '[' or '{' is not closed"},
    {"found unexpected end of stream", "a quote is not closed"},
    {"block sequence entries are not allowed in this context", "begin the list in a line of its own"},
    {"found unknown escape character", "in double quotes '\\' begins an escape; single quotes take it as it is"},
    {"block mapping", "the lines of one map begin in the same column"},
};

static const char *hint_of(const char *problem)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        if (text_starts(text_of(problem), text_of(hints[i].problem)))
            return hints[i].hint;
    }
    return NULL;
}

static char byte_at(const struct yaml_reader *reader, size_t at)
{
    return at < reader->content.n ? reader->content.p[at] : '\0';
}

static bool follows_on_line(const struct yaml_reader *reader, struct yaml_spot end, struct yaml_spot at)
{
    if (at.byte < end.byte || at.byte >= reader->content.n)
        return false;
    for (size_t i = end.byte; i < at.byte; i++) {
        if (reader->content.p[i] != ' ' && reader->content.p[i] != '\t')
            return false;
    }
    return byte_at(reader, at.byte) != '\n' && byte_at(reader, at.byte) != '\r';
}

// The rest of the line from there, whole where no braces or comment could end it sooner.
static struct text rest_of_line(const struct yaml_reader *reader, struct yaml_spot from)
{
    struct text rest = text_from(reader->content, from.byte);
    size_t end;
    if (text_find(rest, '\n', &end))
        rest.n = end;
    return text_trim(rest);
}

static void report_quote_first(struct yaml_reader *reader)
{
    struct yaml_spot start = reader->newest.start;
    struct text rest = rest_of_line(reader, start);
    size_t at;
    bool simple = reader->flow_depth == 0 && !text_find(rest, '\'', &at) && !text_find(rest, '#', &at);
    struct text example = simple ? arena_format(reader->arena, "'%.*s'", TEXT_ARG(rest)) : TEXT("'\"a\" == service'");
    struct place place = yaml_place(reader, start, reader->newest.end);
    diag_error(reader->diags, place, "cut-expression",
               "YAML ends a text that begins with a quote at the closing quote: quote the whole of it, as in %.*s",
               TEXT_ARG(example));
}

// A fault that the newest value explains. True where that was reported, now or before.
static bool explained_by_newest(struct yaml_reader *reader, struct yaml_spot at)
{
    const struct yaml_newest *newest = &reader->newest;
    if (reader->comment_cut_in_flow)
        return true;
    if (reader->open && reader->open->place.line == at.line) {
        diag_error(reader->diags, reader->open->place, "cut-expression",
                   "YAML ends this text at a comma: quote the whole expression");
        return true;
    }
    if (!newest->present || !follows_on_line(reader, newest->end, at))
        return false;
    if (newest->quoted)
        report_quote_first(reader);
    return newest->quoted || newest->alias;
}

// Values that begin with a character that YAML keeps for itself.
static bool explained_by_character(struct yaml_reader *reader, struct yaml_spot at)
{
    const char *context = reader->parser->context;
    struct yaml_spot begun = yaml_spot_of(reader, reader->parser->context_mark);
    char first = byte_at(reader, at.byte);
    struct place place = yaml_place(reader, at, at);
    if (context && (text_is(text_of(context), "while scanning an alias") ||
                    text_is(text_of(context), "while scanning an anchor"))) {
        diag_error(reader->diags, yaml_place(reader, begun, begun), "cut-expression",
                   "a text that begins with '%c' must be quoted, as in %s", byte_at(reader, begun.byte),
                   byte_at(reader, begun.byte) == '*' ? "\"*\"" : "\"&\"");
        return true;
    }
    if (!text_starts(text_of(reader->parser->problem), TEXT("found character that cannot start any token")))
        return false;
    if (first == '\t')
        diag_error(reader->diags, place, "tab", "a tab where YAML wants blanks: indent with blanks");
    else
        diag_error(reader->diags, place, "syntax", "a text that begins with '%c' must be quoted", first);
    return true;
}

static void report_as_it_is(struct yaml_reader *reader, struct yaml_spot at)
{
    const yaml_parser_t *parser = reader->parser;
    const char *hint = hint_of(parser->problem);
    struct text where = TEXT("");
    if (parser->context) {
        struct yaml_spot begun = yaml_spot_of(reader, parser->context_mark);
        // What was never closed is shown where it begins, not at the end of the file.
        if (at.byte >= reader->content.n)
            at = begun;
        where = arena_format(reader->arena, " %s", parser->context);
        if (begun.line != at.line)
            where = arena_format(reader->arena, "%.*s that begins in line %u", TEXT_ARG(where), (unsigned)begun.line);
    }
    diag_error(reader->diags, yaml_place(reader, at, at), "syntax", "this is not YAML: %s%.*s%s%s", parser->problem,
               TEXT_ARG(where), hint ? "; " : "", hint ? hint : "");
}

void yaml_syntax_fault(struct yaml_reader *reader)
{
    const yaml_parser_t *parser = reader->parser;
    const char *problem = parser->problem ? parser->problem : "it cannot be read";
    if (parser->error == YAML_MEMORY_ERROR) {
        diag_error(reader->diags, (struct place){0, 0, 0, reader->source}, "memory", "out of memory");
        return;
    }
    if (parser->error == YAML_READER_ERROR) {
        diag_error(reader->diags, yaml_place_of_byte(reader, parser->problem_offset), "encoding", "%s (0x%x)", problem,
                   (unsigned)parser->problem_value);
        return;
    }
    struct yaml_spot at = yaml_spot_of(reader, parser->problem_mark);
    if (!explained_by_newest(reader, at) && !explained_by_character(reader, at))
        report_as_it_is(reader, at);
}
