/* parse_error.c: where in a text an error lies, and what the writer may have meant. */
#include "graph/parse.h"

#include <stdio.h>
#include <string.h>

/* ---- characters ----------------------------------------------------------------------------- */

size_t wgi_character(const char *text) {
    const unsigned char *s = (const unsigned char *)text;
    size_t n = s[0] == 0 ? 0 : s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2
               : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < n; ++i)
        if ((s[i] & 0xc0) != 0x80) return 0;
    int overlong = (s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xf0 && s[1] < 0x90);
    int beyond = (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f);
    return overlong || beyond ? 0 : n;
}

/* Characters from `from` to `to`, an invalid byte counting one. */
static size_t characters(const char *from, const char *to) {
    size_t count = 0;
    while (from < to) {
        size_t n = wgi_character(from);
        from += n ? n : 1;
        ++count;
    }
    return count;
}

/* Copies whole characters from [from, to): control characters as spaces, invalid bytes as '?'. */
static size_t copy_clean(char *out, const char *from, const char *to) {
    size_t used = 0;
    while (from < to) {
        size_t n = wgi_character(from);
        int control = n == 1 && ((unsigned char)*from < 0x20 || *from == 0x7f);
        if (n > 1) memcpy(out + used, from, n);
        else out[used] = control ? ' ' : n == 0 ? '?' : *from;
        used += n ? n : 1;
        from += n ? n : 1;
    }
    return used;
}

/* The first character at or after `s` that begins at most `bytes` bytes before `at`. */
static const char *window_start(const char *s, const char *at, size_t bytes) {
    while ((size_t)(at - s) > bytes) {
        size_t n = wgi_character(s);
        s += n ? n : 1;
    }
    return s;
}

/* The end of the last character that lies within `bytes` bytes of `at` and before `end`. */
static const char *window_end(const char *at, const char *end, size_t bytes) {
    const char *s = at;
    while (s < end) {
        size_t n = wgi_character(s);
        n = n ? n : 1;
        if ((size_t)(s - at) + n > bytes) break;
        s += n;
    }
    return s;
}

/* ---- the caret ------------------------------------------------------------------------------ */

enum { WINDOW = 36, NARROW = 16, TAIL = 2 * (2 * WINDOW + 16) };

/* "\n  ...+ w3 * x...\n       ^" into tail; `begin` and `end` are those of the line. */
static size_t write_tail(char *tail, const char *begin, const char *end, const char *at,
                         size_t window) {
    const char *from = window_start(begin, at, window), *to = window_end(at, end, window);
    size_t used = 3, pad = (from > begin ? 5u : 2u) + characters(from, at);
    memcpy(tail, "\n  ", 3);
    if (from > begin) used += (size_t)snprintf(tail + used, 4, "...");
    used += copy_clean(tail + used, from, to);
    if (to < end) used += (size_t)snprintf(tail + used, 4, "...");
    tail[used++] = '\n';
    memset(tail + used, ' ', pad);
    used += pad;
    tail[used++] = '^';
    tail[used] = '\0';
    return used;
}

/* "line 2, column 5: message"; the line is named only where the text has several. */
static size_t write_head(char *head, size_t bytes, const char *text, const char *begin,
                         const char *at, const char *message) {
    size_t line = 1, column = 1 + characters(begin, at);
    for (const char *s = text; s < begin; ++s) line += *s == '\n';
    if (strchr(text, '\n'))
        return (size_t)snprintf(head, bytes, "line %zu, column %zu: %s", line, column, message);
    return (size_t)snprintf(head, bytes, "column %zu: %s", column, message);
}

void wgi_caret(wg_error *e, wg_status status, const char *text, const char *at,
               const char *message) {
    char head[320], tail[TAIL];
    if (e->status != WG_OK) return;
    const char *begin = at, *end = at + strcspn(at, "\n");
    while (begin > text && begin[-1] != '\n') --begin;
    size_t head_n = write_head(head, sizeof head, text, begin, at, message);
    size_t tail_n = write_tail(tail, begin, end, at, WINDOW);
    if (head_n + tail_n >= sizeof e->text) tail_n = write_tail(tail, begin, end, at, NARROW);
    size_t room = sizeof e->text - 1 - tail_n;
    e->status = status;
    memcpy(e->text, head, head_n < room ? head_n : room);
    if (head_n > room) {
        memcpy(e->text + room - 3, "...", 3);
        head_n = room;
    }
    memcpy(e->text + head_n, tail, tail_n + 1);
}

/* ---- suggestions ---------------------------------------------------------------------------- */

enum { LONGEST = 31 }; /* words beyond it are never suggested */

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

/* Edits that make b of a: insert, delete, replace, swap neighbours (optimal string alignment). */
static size_t distance(const char *a, size_t n, const char *b, size_t m) {
    size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= m; ++j) last[j] = j;
    for (size_t i = 1; i <= n; ++i) {
        now[0] = i;
        for (size_t j = 1; j <= m; ++j) {
            size_t cost = a[i - 1] != b[j - 1];
            now[j] = least(last[j - 1] + cost, least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *free_row = before;
        before = last;
        last = now;
        now = free_row;
    }
    return last[m];
}

wgi_suggestion wgi_suggest(const char *word, size_t n) {
    /* near: at most a third of the word changed, and never all of it */
    wgi_suggestion s = {word, n, NULL, 0, n < 2 ? n : 2 + (n - 1) / 3};
    return s;
}

void wgi_suggest_from(wgi_suggestion *s, const char *candidate, size_t n) {
    if (s->n > LONGEST || n > LONGEST || s->n == 0) return;
    size_t d = distance(s->word, s->n, candidate, n);
    if (d >= s->distance || d >= s->n) return;
    s->distance = d;
    s->best = candidate;
    s->best_n = n;
}

char *wgi_suggest_text(const wgi_suggestion *s, char *text, size_t bytes) {
    text[0] = '\0';
    if (s->best) snprintf(text, bytes, "; did you mean \"%.*s\"?", (int)s->best_n, s->best);
    return text;
}
