/* parse_list.c: tensors as text: a number, or lists nested to the rank of the tensor. */
#include "graph/parse.h"

#include "backend/memory.h"

#include <string.h>

void *wgi_room_for(void *array, size_t size, size_t n, size_t *max) {
    if (n < *max) return array;
    size_t more = *max ? 2 * *max : 16;
    if (more > SIZE_MAX / size) return NULL;
    array = wgi_grow(array, *max * size, more * size);
    if (array) *max = more;
    return array;
}

/* Where a list is being read.  Levels count from 1, the outermost brackets. */
typedef struct nest {
    int level;
    int64_t count[WG_MAX_RANK + 1];  /* entries so far of the list open at a level */
    int64_t extent[WG_MAX_RANK + 1]; /* those of the first list closed there; -1: none was */
} nest;

/* An opening bracket: one level deeper, no deeper than the numbers that were met. */
static int open_level(wgi_lexer *lex, wgi_list *list, nest *at) {
    if (at->level == WG_MAX_RANK)
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at, "a list nested deeper than %d levels",
                            WG_MAX_RANK);
    if (list->shape.rank && at->level == list->shape.rank)
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at,
                            "ragged list: a list deeper than those before it");
    at->count[++at->level] = 0;
    wgi_lex_step(lex);
    return 1;
}

/* A closing bracket: the list must be as long as its sisters. */
static int close_level(wgi_lexer *lex, wgi_list *list, nest *at) {
    int64_t count = at->count[at->level], *extent = &at->extent[at->level];
    if (*extent < 0) *extent = count;
    if (*extent != count)
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, lex->at,
                            "ragged list: %lld entries, the lists before it have %lld",
                            (long long)count, (long long)*extent);
    if (!list->shape.rank) list->shape.rank = at->level; /* it was empty */
    at->level -= 1;
    at->count[at->level] += 1;
    wgi_lex_step(lex);
    return 1;
}

static int take_entry(wgi_lexer *lex, wgi_list *list, nest *at) {
    const char *place = lex->at;
    double number, *data;
    if (!wgi_lex_signed(lex, &number)) return 0;
    if (!list->shape.rank) list->shape.rank = at->level;
    if (list->shape.rank != at->level)
        return wgi_lex_fail(lex, WG_ERR_SYNTAX, place,
                            "ragged list: a number where the entries before are lists");
    data = wgi_room_for(list->data, sizeof *data, list->n, &list->max);
    if (!data) return wgi_lex_fail(lex, WG_ERR_MEMORY, place, "no memory for the list");
    list->data = data;
    data[list->n++] = number;
    at->count[at->level] += 1;
    return 1;
}

int wgi_lex_list(wgi_lexer *lex, wgi_list *list) {
    nest at;
    int entry = 1; /* an entry may come next; otherwise a comma or a closing bracket must */
    memset(&at, 0, sizeof at);
    for (int i = 0; i <= WG_MAX_RANK; ++i) at.extent[i] = -1;
    do {
        int ok;
        if (entry && lex->kind == '[') {
            ok = open_level(lex, list, &at);
        } else if (lex->kind == ']' && (!entry || at.count[at.level] == 0)) {
            ok = close_level(lex, list, &at);
            entry = 0;
        } else if (entry) {
            ok = take_entry(lex, list, &at);
            entry = 0;
        } else {
            ok = lex->kind == ',' || wgi_lex_unexpected(lex, "\",\" or \"]\"");
            wgi_lex_step(lex);
            entry = 1;
        }
        if (!ok) return 0;
    } while (at.level > 0);
    for (int i = 0; i < list->shape.rank; ++i)
        list->shape.dim[i] = at.extent[i + 1] < 0 ? 0 : at.extent[i + 1];
    return 1;
}

wg_status wgi_parse_value(const char *text, wgi_list *list, wg_error *e) {
    wgi_lexer lex;
    wgi_lex_init(&lex, text);
    int ok;
    if (lex.kind == '[') {
        ok = wgi_lex_list(&lex, list);
    } else {
        list->data = wgi_room_for(NULL, sizeof *list->data, 0, &list->max);
        ok = list->data ? wgi_lex_signed(&lex, list->data)
                        : wgi_lex_fail(&lex, WG_ERR_MEMORY, text, "no memory for the number");
        list->n = 1;
    }
    if (ok && lex.kind != WGI_TOKEN_END) ok = wgi_lex_unexpected(&lex, "the end");
    if (!ok && e) *e = lex.error;
    return ok ? WG_OK : lex.error.status;
}
