// Texts that are alike: globs and misspelt names.
#include "engine/base/text.h"

#define LONGEST_NAME 96  // longer texts are no names, and only equal ones are near

bool text_glob(struct text subject, struct text pattern)
{
    size_t s = 0, p = 0;
    size_t star = SIZE_MAX, resume = 0;  // the newest '*', and where in the subject its run ends so far
    while (s < subject.n) {
        if (p < pattern.n && pattern.p[p] == '*') {
            star = p++;
            resume = s;
        } else if (p < pattern.n && (pattern.p[p] == '?' || pattern.p[p] == subject.p[s])) {
            p++;
            s++;
        } else if (star != SIZE_MAX) {
            // Only the newest star ever needs to take more: what an earlier one matched stays a match.
            p = star + 1;
            s = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.n && pattern.p[p] == '*')
        p++;
    return p == pattern.n;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t text_distance(struct text a, struct text b, size_t most)
{
    if (a.n > LONGEST_NAME || b.n > LONGEST_NAME)
        return text_eq(a, b) ? 0 : most + 1;
    if ((a.n > b.n ? a.n - b.n : b.n - a.n) > most)
        return most + 1;
    // rows[i % 3] is the distance of a's first i bytes to each beginning of b. Only beginnings of i - most to i + most
    // bytes can be near enough; the cells at both sides of those are far.
    size_t rows[3][LONGEST_NAME + 2], band = least(most, LONGEST_NAME), far = band + 1;
    for (size_t j = 0; j <= least(b.n, band); j++)
        rows[0][j] = j;
    rows[0][least(b.n, band) + 1] = far;
    for (size_t i = 1; i <= a.n; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        size_t first = i > band ? i - band : 1, last = least(b.n, i + band);
        row[first - 1] = i > band ? far : i;
        row[last + 1] = far;
        for (size_t j = first; j <= last; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a.p[i - 1] != b.p[j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return least(rows[a.n % 3][b.n], most + 1);
}

struct text text_nearest(struct text word, const struct text *candidates, size_t count)
{
    size_t most = word.n / 3 > 3 ? 3 : word.n < 6 ? 1 : word.n / 3;
    struct text nearest = {"", 0};
    size_t nearest_edits = most + 1;
    for (size_t i = 0; i < count; i++) {
        size_t edits = text_distance(word, candidates[i], most);
        // The word itself is no suggestion, nor is a name that has not one letter in common with it.
        bool alike = edits > 0 && (edits < word.n || edits < candidates[i].n);
        if (alike && edits < nearest_edits) {
            nearest = candidates[i];
            nearest_edits = edits;
        }
    }
    return nearest;
}
