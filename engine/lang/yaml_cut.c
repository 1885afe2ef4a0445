// YAML ends a plain text at a comma (inside braces) and at a blank and '#'. Expressions hold both.
#include "engine/lang/yaml_reader.h"

#include "engine/base/arena.h"
#include "engine/base/diag.h"
#include "engine/base/text.h"

bool yaml_text_is_open(struct text text)
{
    int depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '(' || c == ')'))
            depth += c == '(' ? 1 : -1;
    }
    return quoted || depth > 0;
}

// The quote that the text itself does not use, so that an example is right as it stands.
static char fitting_quote(struct text text)
{
    size_t at;
    return text_find(text, '"', &at) ? '\'' : '"';
}

static void report_cut(struct yaml_reader *reader, const struct tree *scalar, struct text key, const char *where)
{
    char quote = fitting_quote(scalar->scalar);
    struct text label = key.n ? arena_format(reader->arena, "%.*s: ", TEXT_ARG(key)) : TEXT("");
    diag_error(reader->diags, scalar->place, "cut-expression",
               "YAML ends this text at %s: quote the whole of it, as in %.*s%c%.*s%c", where, TEXT_ARG(label), quote,
               TEXT_ARG(scalar->scalar), quote);
}

static struct text source_part(const struct yaml_reader *reader, size_t start, size_t end)
{
    return text_trim((struct text){reader->content.p + start, end - start});
}

static bool spans_lines(struct text text)
{
    size_t at;
    return text_find(text, '\n', &at);
}

static void make_whole(const struct yaml_reader *reader, struct tree *scalar, struct text whole)
{
    scalar->scalar = arena_text(reader->arena, whole);
    scalar->exact_columns = !spans_lines(whole);
    scalar->place.width = (uint32_t)text_length(whole);
}

static bool is_remnant(const struct yaml_entry *entry)
{
    return entry->plain_key && entry->entry.value->kind == TREE_SCALAR && !entry->entry.value->faulty &&
           entry->entry.value->style == STYLE_PLAIN && entry->entry.value->scalar.n == 0;
}

// How many entries behind `first` belong to its value: 0 where it is whole, or what follows does not close it.
static size_t remnants_of(const struct yaml_reader *reader, const struct yaml_entry *first, size_t count)
{
    const struct tree *value = first->entry.value;
    if (value->kind != TREE_SCALAR || value->style != STYLE_PLAIN || value->faulty)
        return 0;
    for (size_t n = 0; n < count; n++) {
        if (!yaml_text_is_open(source_part(reader, first->value_start, n ? first[n].key_end : first->value_end)))
            return n;
        if (n + 1 == count || !is_remnant(&first[n + 1]))
            return n;
    }
    return 0;
}

size_t yaml_join_cut_entries(struct yaml_reader *reader, struct yaml_entry *entries, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct yaml_entry *entry = &entries[i];
        size_t remnants = remnants_of(reader, entry, count - i);
        if (remnants) {
            struct tree *scalar = entry->entry.value;
            make_whole(reader, scalar, source_part(reader, entry->value_start, entry[remnants].key_end));
            report_cut(reader, scalar, entry->entry.key, "a comma");
            reader->open = NULL;
            scalar->faulty = yaml_text_is_open(scalar->scalar);
        }
        entries[kept++] = *entry;
        i += remnants;
    }
    return kept;
}

void yaml_mend_comment_cut(struct yaml_reader *reader, struct tree *scalar, size_t start_byte, size_t end_byte)
{
    struct text rest = text_from(reader->content, end_byte);
    size_t at = 0, line_end;
    if (text_find(rest, '\n', &line_end))
        rest.n = line_end;
    while (at < rest.n && (rest.p[at] == ' ' || rest.p[at] == '\t'))
        at++;
    if (at == rest.n || rest.p[at] != '#' || !yaml_text_is_open(scalar->scalar))
        return;
    struct text whole = source_part(reader, start_byte, end_byte + rest.n);
    if (yaml_text_is_open(whole) && reader->flow_depth == 0) {
        scalar->faulty = true;
        diag_error(reader->diags, scalar->place, "cut-expression",
                   "this text is not complete where ' #' begins a comment: if the '#' belongs to it, quote the whole "
                   "of it; else close its quotes and parentheses");
        return;
    }
    if (reader->flow_depth > 0) {
        scalar->faulty = true;
        reader->comment_cut_in_flow = true;
        diag_error(reader->diags, scalar->place, "cut-expression",
                   "YAML begins a comment at ' #': quote the whole of this text");
        return;
    }
    make_whole(reader, scalar, whole);
    report_cut(reader, scalar, TEXT(""), "' #', where a comment begins");
}
