// What the parts of the YAML reader share: where it is in the source, and what it has just read.
#ifndef DROWSE_LANG_YAML_READER_H
#define DROWSE_LANG_YAML_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <yaml.h>

#include "drowse/diag.h"
#include "engine/lang/tree.h"

// A character of the source. libyaml's marks count characters, and take more than '\n' for the end of a line; so
// only their index is used, and lines are counted here as they are printed.
struct yaml_spot {
    size_t index;  // characters before it
    size_t byte;
    uint32_t line, column;
};

// The newest event that may explain a syntax fault behind it.
struct yaml_newest {
    bool present, quoted, alias;
    struct yaml_spot start, end;
};

struct yaml_reader {
    struct arena *arena;
    struct diags *diags;
    struct text content;
    uint32_t source;
    yaml_parser_t *parser;
    struct yaml_spot cursor;
    struct yaml_newest newest;
    const struct tree *open;  // the newest plain text within braces in which a quote or parenthesis is still open
    size_t nodes;
    int flow_depth;
    bool stopped;              // nothing more can be read; why was reported
    bool comment_cut_in_flow;  // a comment swallowed the rest of a flow map: what libyaml says next follows from it
};

// A scalar with where it stands, in bytes of the source.
struct yaml_entry {
    struct tree_entry entry;
    size_t value_start, value_end, key_end;
    bool plain_key, duplicate;
};

struct yaml_spot yaml_spot_of(struct yaml_reader *, yaml_mark_t);
struct place yaml_place(const struct yaml_reader *, struct yaml_spot start, struct yaml_spot end);
struct place yaml_place_of_byte(struct yaml_reader *, size_t byte);

// Is the content text that YAML may be made of? Reports the first of each kind of fault.
bool yaml_content_check(struct yaml_reader *);

// Reports why libyaml stopped, in this language's words where they are known.
void yaml_syntax_fault(struct yaml_reader *);

// A quote or a parenthesis in it is still open.
bool yaml_text_is_open(struct text);
// Joins values of a flow map that YAML cut at a comma with what it took for keys; returns the entries left.
size_t yaml_join_cut_entries(struct yaml_reader *, struct yaml_entry *, size_t count);
// A plain scalar that a comment cut short: reported and, where the line holds the rest, made whole.
void yaml_mend_comment_cut(struct yaml_reader *, struct tree *scalar, size_t start_byte, size_t end_byte);

#endif
