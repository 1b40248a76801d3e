/* cli.h: the parts that the subcommands of the program share.
 *
 * A subcommand is one file cli/NAME.c with int wgi_cli_NAME(int argc, char **argv) and one row of
 * the table in main.c.  argv[0] is the subcommand's name; what is returned is the exit status.
 * Results go to stdout, everything else to stderr. */
#ifndef WGI_CLI_H
#define WGI_CLI_H

#include "autograd/autograd.h"

#include <stdio.h>

enum { /* exit status */
    WGI_EXIT_FINE = 0,
    WGI_EXIT_CHECK = 1,   /* a check failed */
    WGI_EXIT_USAGE = 2,   /* wrong usage, syntax, unknown name, shapes that do not fit */
    WGI_EXIT_DATA = 3,    /* bad data or file */
    WGI_EXIT_UNDECIDED = 4 /* a check stayed inconclusive or on a kink */
};

int wgi_cli_grad(int argc, char **argv);
int wgi_cli_check(int argc, char **argv);
int wgi_cli_graph(int argc, char **argv);
int wgi_cli_train(int argc, char **argv);
int wgi_cli_predict(int argc, char **argv);
int wgi_cli_sample(int argc, char **argv);
int wgi_cli_bench(int argc, char **argv);
int wgi_cli_gates(int argc, char **argv);

/* ---- args.c --------------------------------------------------------------------------------- */

/* An option: "--dtype f32", "--dtype=f32" or, without a value, a flag. */
typedef struct wgi_option {
    const char *name;  /* with its dashes; NULL ends the list */
    const char *value; /* what the help calls its value; NULL: it is a flag */
    const char *help;
    const char **text; /* set to the value */
    int *flag;         /* set to 1 */
} wgi_option;

typedef struct wgi_usage { /* what --help shows besides the options */
    const char *name, *synopsis, *text, *examples;
} wgi_usage;

/* Takes the options out of argv and leaves the other words as argv[1] .. argv[*words].  Returns -1
 * to go on, or the exit status: after --help, or after a mistake, which was reported.  A word that
 * begins with one dash and is no option, such as -x^2, is left; after "--" all words are. */
int wgi_args(const wgi_usage *usage, const wgi_option *options, int argc, char **argv, int *words);
/* "wengert NAME: text" and a line to stderr; returns `status`. */
int wgi_complain(const char *name, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The exit status that a library error calls for. */
int wgi_exit_of(wg_status status);
/* wgi_complain with the tape's error. */
int wgi_complain_of_tape(const char *name, const wg_tape *tape);
/* A line to stderr where WG_DEBUG had the tape look for a NaN or an infinity, and one was made. */
void wgi_tell_of_debug(const char *name, wg_tape *tape);

/* ---- values.c ------------------------------------------------------------------------------- */

/* An expression with its given values, recorded. */
typedef struct wgi_inputs {
    wg_tape *tape;
    wg_var root;
    size_t n;
    const char **names;  /* n, in the order given */
    wg_var *vars;        /* leaves of these names */
    unsigned char *used; /* WGI_USED_AS_..., see graph/parse.h; 0: not used at all */
} wgi_inputs;

/* Records words[0], the expression, with words[1] .. words[n_words - 1], each NAME=VALUE, as leaves
 * of `dtype`; a VALUE is a number, a nested list or @file.npy.  Names that only label, index or
 * mask become constants, the others want a gradient; names not used are warned of.  Returns -1, or
 * the exit status of a mistake, which was reported; `in` is to be cleared in either case. */
int wgi_inputs_read(wgi_inputs *in, const char *command, wg_dtype dtype, int n_words, char **words);
void wgi_inputs_clear(wgi_inputs *in);
/* 1 if name i has a gradient: it does not only label, index or mask. */
int wgi_inputs_wanted(const wgi_inputs *in, size_t i);
/* The root must be a float of one element: -1, or the exit status of the complaint. */
int wgi_check_one_element(const char *command, wg_var root);
/* "f32" or "f64" (NULL: f64) as a dtype; 0 for anything else. */
int wgi_dtype_of_word(const char *word, wg_dtype *dtype);

/* ---- json.c --------------------------------------------------------------------------------- */

/* The shortest decimal that reads back as the same number of that dtype, NaN as null, infinities
 * as 1e999 and -1e999. */
void wgi_json_number(FILE *out, double x, wg_dtype dtype);
/* A quoted string; bytes that are not UTF-8 become U+FFFD. */
void wgi_json_string(FILE *out, const char *text);
/* A dense row-major array as nested lists; rank may be 2 WG_MAX_RANK. */
void wgi_json_array(FILE *out, int rank, const int64_t *dim, wg_dtype dtype, const void *data);
/* The value x as nested lists. */
void wgi_json_var(FILE *out, wg_var x);
/* Flat index i of shape s as its coordinates, "[1, 2]", into text; returns text. */
enum { WGI_PLACE = 22 * WG_MAX_RANK + 3 };
const char *wgi_place_text(char text[WGI_PLACE], wg_shape s, int64_t i);
/* The same for people, in at most `bytes`: six digits, long arrays cut and their shape given. */
void wgi_show_array(char *text, size_t bytes, int rank, const int64_t *dim, wg_dtype dtype,
                    const void *data);
void wgi_show_var(char *text, size_t bytes, wg_var x);

#endif
