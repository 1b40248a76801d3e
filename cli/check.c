/* check.c: wengert check: the gradient of an expression against difference quotients. */
#include "cli/cli.h"

#include "check/check.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const wgi_usage usage = {
    "check",
    "'EXPR' [NAME=VALUE ...] [--json] [--dtype f32|f64] [--rtol X] [--atol X]",
    "Checks the gradient of an expression, with respect to every name, against central\n"
    "differences in float64, one coordinate at a time.\n"
    "\n"
    "Of each name the worst coordinate is shown, with both values and a verdict:\n"
    "  pass          they agree, as the rule that is printed says\n"
    "  fail          they do not, or one of them is NaN or infinite\n"
    "  inconclusive  there is no difference quotient to trust: a kink, such as relu at 0\n"
    "EXPR and VALUE are those of wengert grad.\n",
    "Examples:\n"
    "  wengert check 'tanh(x)*y' x=0.3 y='[1,2]' --json\n"
    "  wengert check 'sum(relu(W@x))' W='[[0.1,0.5],[-0.3,0.8]]' x='[0.2,0.4]'\n"
    "\n"
    "Exit status: 0 pass, 1 fail, 4 inconclusive, 2 wrong usage, 3 bad data or file.\n",
};

/* ---- options -------------------------------------------------------------------------------- */

/* Text as a number; -1 to go on, else the exit status.  NULL leaves *x. */
static int real_option(const char *name, const char *text, double *x) {
    char *end;
    if (!text) return -1;
    *x = strtod(text, &end);
    if (*text && !*end && *x > 0 && isfinite(*x)) return -1;
    return wgi_complain("check", WGI_EXIT_USAGE, "%s is a number above 0, not %s", name, text);
}

static int whole_option(const char *name, const char *text, int64_t *n) {
    char *end;
    if (!text) return -1;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    *n = value;
    if (*text && !*end && errno == 0 && value >= 0) return -1;
    return wgi_complain("check", WGI_EXIT_USAGE, "%s is a whole number, not %s", name, text);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void json_real(const char *key, double x) {
    printf(", \"%s\": ", key);
    wgi_json_number(stdout, x, WG_F64);
}

enum { PLACE = 22 * WG_MAX_RANK + 3 };

/* Flat index i of shape s as the list of its coordinates. */
static const char *place_text(char text[PLACE], wg_shape s, int64_t i) {
    int64_t at[WG_MAX_RANK];
    int used = snprintf(text, PLACE, "[");
    for (int axis = s.rank - 1; axis >= 0; --axis) {
        at[axis] = i % s.dim[axis];
        i /= s.dim[axis];
    }
    for (int axis = 0; axis < s.rank; ++axis)
        used += snprintf(text + used, PLACE - (size_t)used, "%s%lld", axis ? ", " : "",
                         (long long)at[axis]);
    snprintf(text + used, PLACE - (size_t)used, "]");
    return text;
}

static void json_leaf(const wg_gradcheck_leaf *l) {
    char place[PLACE];
    fputs("{\"name\": ", stdout);
    wgi_json_string(stdout, l->name);
    printf(", \"verdict\": \"%s\", \"shape\": [", wg_verdict_name(l->verdict));
    for (int i = 0; i < l->shape.rank; ++i)
        printf("%s%lld", i ? ", " : "", (long long)l->shape.dim[i]);
    printf("], \"coordinates\": %lld, \"failed\": %lld, \"inconclusive\": %lld, \"worst\": ",
           (long long)l->checked, (long long)l->failed, (long long)l->inconclusive);
    if (l->worst >= 0) {
        fputs(place_text(place, l->shape, l->worst), stdout);
        json_real("x", l->x);
        json_real("analytic", l->analytic);
        json_real("numeric", l->numeric);
        json_real("abs_error", l->abs_error);
        json_real("rel_error", l->rel_error);
        json_real("tolerance", l->tolerance);
        json_real("step", l->step);
        json_real("numeric_error", l->numeric_error);
    } else {
        fputs("null", stdout);
    }
    fputs(", \"message\": ", stdout);
    wgi_json_string(stdout, l->message);
    putchar('}');
}

static void print_json(const wg_gradcheck_report *r) {
    printf("{\"verdict\": \"%s\", \"value\": ", wg_verdict_name(r->verdict));
    wgi_json_number(stdout, r->value, WG_F64);
    fputs(", \"rule\": ", stdout);
    wgi_json_string(stdout, r->rule);
    fputs(", \"leaves\": [", stdout);
    for (size_t i = 0; i < r->n; ++i) {
        if (i) fputs(", ", stdout);
        json_leaf(r->leaf[i]);
    }
    fputs("]}\n", stdout);
}

/* ---- for people ----------------------------------------------------------------------------- */

/* Where a leaf's worst coordinate is, for the table. */
static const char *worst_text(char text[PLACE], const wg_gradcheck_leaf *l) {
    if (l->worst < 0) return "none";
    return l->shape.rank ? place_text(text, l->shape, l->worst) : "";
}

/* printf gives a NaN the sign that its bits happen to have. */
static double unsigned_nan(double x) { return isnan(x) ? (double)NAN : x; }

static void print_leaf(const wg_gradcheck_leaf *l, int name, int place) {
    char text[PLACE];
    printf("%-*s  %-*s  %15.9g  %15.9g  %9.2g  %9.2g  %s", name, l->name, place,
           worst_text(text, l), unsigned_nan(l->analytic), unsigned_nan(l->numeric),
           unsigned_nan(l->abs_error), unsigned_nan(l->rel_error), wg_verdict_name(l->verdict));
    printf(*l->message ? ": %s\n" : "\n", l->message);
}

static void print_table(const wg_gradcheck_report *r) {
    int name = 4, place = 5;
    char text[PLACE];
    for (size_t i = 0; i < r->n; ++i) {
        int n = (int)strlen(r->leaf[i]->name), p = (int)strlen(worst_text(text, r->leaf[i]));
        name = n > name ? n : name;
        place = p > place ? p : place;
    }
    printf("accepted where %s\n\n", r->rule);
    printf("%-*s  %-*s  %15s  %15s  %9s  %9s  verdict\n", name, "name", place, "worst", "analytic",
           "numeric", "abs", "rel");
    for (size_t i = 0; i < r->n; ++i) print_leaf(r->leaf[i], name, place);
    printf("\n%s\n", wg_verdict_name(r->verdict));
}

/* ---- the command ---------------------------------------------------------------------------- */

static int verdict_exit(wg_verdict verdict) {
    switch (verdict) {
    case WG_VERDICT_PASS: return WGI_EXIT_FINE;
    case WG_VERDICT_FAIL: return WGI_EXIT_CHECK;
    default: return WGI_EXIT_UNDECIDED;
    }
}

static int check(const wgi_inputs *in, const wg_gradcheck_options *o, int json) {
    wg_gradcheck_report r = {.size = sizeof r};
    wg_status s = wg_gradcheck(in->root, o, &r);
    int status = verdict_exit(r.verdict);
    if (s != WG_OK && s != WG_ERR_CHECK)
        status = wgi_complain("check", wgi_exit_of(s), "%s", r.error.text);
    else if (json) print_json(&r);
    else print_table(&r);
    wg_gradcheck_report_clear(&r);
    return status;
}

int wgi_cli_check(int argc, char **argv) {
    const char *dtype_word = NULL, *rtol = NULL, *atol = NULL, *coordinates = NULL, *seed = NULL;
    int json = 0, words;
    const wgi_option options[] = {
        {"--json", NULL, "one JSON object: verdict, value, rule, leaves", NULL, &json},
        {"--dtype", "f32|f64", "the element type of the values (f64)", &dtype_word, NULL},
        {"--rtol", "X", "relative tolerance (1e-6; f32: 1e-3)", &rtol, NULL},
        {"--atol", "X", "absolute tolerance (a part of the largest gradient)", &atol, NULL},
        {"--coordinates", "N", "check at most N coordinates of a name (all)", &coordinates, NULL},
        {"--seed", "N", "which coordinates those are (0)", &seed, NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    wg_gradcheck_options o = {.size = sizeof o};
    int64_t seed_value = 0;
    wg_dtype dtype;
    wgi_inputs in;
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status < 0) status = real_option("--rtol", rtol, &o.rtol);
    if (status < 0) status = real_option("--atol", atol, &o.atol);
    if (status < 0) status = whole_option("--coordinates", coordinates, &o.coordinates);
    if (status < 0) status = whole_option("--seed", seed, &seed_value);
    if (status >= 0) return status;
    o.seed = (uint64_t)seed_value;
    if (!wgi_dtype_of_word(dtype_word, &dtype))
        return wgi_complain("check", WGI_EXIT_USAGE, "--dtype is f32 or f64, not %s", dtype_word);
    status = wgi_inputs_read(&in, "check", dtype, words, argv + 1);
    if (status < 0) status = wgi_check_one_element("check", in.root);
    if (status < 0) status = check(&in, &o, json);
    wgi_tell_of_debug("check", in.tape);
    wgi_inputs_clear(&in);
    return status;
}
