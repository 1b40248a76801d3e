/* Expressions at random: the parser must end, with a value or with an error, on any bytes.  Seeds
 * are fixed; under WG_FULL there are fifty times as many. */
#include "graph/parse.h"

#include "tests/suites.h"

#include <stdint.h>
#include <string.h>

extern Suite *suite_parse_fuzz(void);

static uint64_t state;
static unsigned draw(unsigned n) { /* 0 .. n-1; Knuth's multiplier, the high bits */
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)((state >> 33) % n);
}

static const char *const pieces[] = {
    "x", "y", "q", "W", "pi", "nan", "inf", "0", "1", "2.5", "1e999", ".5e-3", "(", ")", "[", "]",
    "+", "-", "*", "/", "^", "@", ",", ";", "=", "exp(", "max(", "scale(", "sum(", "matmul(",
    "reshape(", "concat(", "c=", "axis=", "shape=", "keepdims=", "\"a\"", "'", " ", "\n",
    "\xce\xb1", "\xff", "[[1,2],[3,4]]", "where(", "add(", "transpose(", "#",
    "softmax(", "slice(", "gather(",
};
static const char *const seeds[] = {
    "q = x + y; q * x",
    "sum((W@x)^2)",
    "1/(1+exp(-(x*y+x*y+x)))",
    "sum(W * [[1,2],[3,4]], axis=[0, 1], keepdims=1)",
    "max(x, y) - min(x, 2^-1)",
    "scale(x, c=-1.5e0) / where(x, y, pi)",
};

/* Parses text; an error must come with a status and a text that fits. */
static void try_text(wg_tape *tape, const char *text) {
    static const char *const names[] = {"x", "y", "W"};
    static const double w[] = {1, -2, 3, 0.5};
    wg_tape_rewind(tape);
    wg_var vars[] = {wg_scalar(tape, 1), wg_scalar(tape, 0.5),
                     wg_input(tape, WG_F64, WG_SHAPE(2, 2), w)};
    unsigned char used[3];
    wg_var v = wgi_parse(tape, text, 3, names, vars, used);
    const char *message = wg_tape_message(tape);
    if (v.index) {
        ck_assert_msg(wg_tape_status(tape) == WG_OK, "%s: %s", text, message);
        ck_assert_int_ge(wg_shape_of(v).rank, 0);
        return;
    }
    ck_assert_msg(wg_tape_status(tape) != WG_OK, "%s: failed without an error", text);
    ck_assert_msg(strstr(message, "column ") != NULL, "%s: %s", text, message);
}

START_TEST(token_strings) {
    wg_tape *tape = wg_tape_new();
    int rounds = full_run() ? 100000 : 2000;
    char text[512];
    state = 1;
    for (int i = 0; i < rounds; ++i) {
        size_t n = 0;
        for (unsigned k = 1 + draw(24); k > 0; --k) {
            const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];
            memcpy(text + n, piece, strlen(piece));
            n += strlen(piece);
        }
        text[n] = '\0';
        try_text(tape, text);
    }
    wg_tape_free(tape);
}
END_TEST

/* Valid expressions with bytes changed, dropped and doubled. */
START_TEST(mutations) {
    wg_tape *tape = wg_tape_new();
    int rounds = full_run() ? 100000 : 2000;
    state = 2;
    for (int i = 0; i < rounds; ++i) {
        char text[128];
        strcpy(text, seeds[draw(sizeof seeds / sizeof *seeds)]);
        for (unsigned k = 1 + draw(3); k > 0; --k) {
            size_t n = strlen(text), at = draw((unsigned)n);
            if (draw(3) == 0) text[at] = (char)(1 + draw(255));
            else if (draw(2) == 0) memmove(text + at, text + at + 1, n - at);
            else memmove(text + at + 1, text + at, n - at + 1);
        }
        try_text(tape, text);
    }
    wg_tape_free(tape);
}
END_TEST

Suite *suite_parse_fuzz(void) {
    Suite *s = suite_create("parse_fuzz");
    TCase *c = tcase_create("random");
    tcase_set_timeout(c, 300);
    tcase_add_test(c, token_strings);
    tcase_add_test(c, mutations);
    suite_add_tcase(s, c);
    return s;
}
