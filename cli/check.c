/* check.c: wengert check: the gradient of an expression against difference quotients. */
#include "cli/cli.h"

#include "check/check.h"
#include "cli/check_report.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const wgi_usage usage = {
    "check",
    "'EXPR' [NAME=VALUE ...] [--json | --csv] [--dtype f32|f64] [--order 2]",
    "Checks the gradient of an expression, with respect to every name, against extrapolated\n"
    "differences in float64, one coordinate at a time.\n"
    "\n"
    "Of each name the worst coordinate is shown, with both values, a bound on the numeric one's\n"
    "own error, and a verdict:\n"
    "  pass          they agree, as the rule that is printed says\n"
    "  fail          they do not, or one of them is NaN or infinite; the first gate that is\n"
    "                wrong by itself is named\n"
    "  subgradient   x sits on a kink, such as relu at 0, and the analytic value lies between\n"
    "                the derivatives on its two sides\n"
    "  kink          no step avoids a change of branch, and neither side has a derivative\n"
    "  inconclusive  the rounding of the expression is larger than what would decide\n"
    "EXPR and VALUE are those of wengert grad.\n",
    "Examples:\n"
    "  wengert check 'tanh(x)*y' x=0.3 y='[1,2]' --json\n"
    "  wengert check 'sum(relu(W@x))' W='[[0.1,0.5],[-0.3,0.8]]' x='[0.2,0.4]'\n"
    "\n"
    "Exit status: 0 pass or subgradient, 1 fail, 4 inconclusive or kink, 2 wrong usage, 3 bad\n"
    "data or file.\n",
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

/* ---- the command ---------------------------------------------------------------------------- */

int wgi_verdict_exit(wg_verdict verdict) {
    switch (verdict) {
    case WG_VERDICT_PASS:
    case WG_VERDICT_SUBGRADIENT: return WGI_EXIT_FINE;
    case WG_VERDICT_FAIL: return WGI_EXIT_CHECK;
    default: return WGI_EXIT_UNDECIDED;
    }
}

static int check(const wgi_inputs *in, const wg_gradcheck_options *o, int second,
                 void (*print)(const wg_gradcheck_report *)) {
    wg_gradcheck_report r = {.size = sizeof r};
    wg_status s = second ? wg_gradcheck_second(in->root, o, &r) : wg_gradcheck(in->root, o, &r);
    int status = wgi_verdict_exit(r.verdict);
    if (s != WG_OK && s != WG_ERR_CHECK)
        status = wgi_complain("check", wgi_exit_of(s), "%s", r.error.text);
    else print(&r);
    wg_gradcheck_report_clear(&r);
    return status;
}

int wgi_cli_check(int argc, char **argv) {
    const char *dtype_word = NULL, *rtol = NULL, *atol = NULL, *coordinates = NULL, *seed = NULL;
    const char *seconds = NULL, *order = NULL;
    int json = 0, csv = 0, words;
    const wgi_option options[] = {
        {"--json", NULL, "one JSON object: verdict, value, rule, leaves", NULL, &json},
        {"--csv", NULL, "a line a name, comma separated", NULL, &csv},
        {"--dtype", "f32|f64", "the element type of the values (f64)", &dtype_word, NULL},
        {"--rtol", "X", "relative tolerance (1e-7)", &rtol, NULL},
        {"--atol", "X", "absolute tolerance (a part of the largest gradient)", &atol, NULL},
        {"--coordinates", "N", "check at most N coordinates of a name (all)", &coordinates, NULL},
        {"--seed", "N", "which coordinates those are (0)", &seed, NULL},
        {"--seconds", "X", "draw coordinates where all would take longer (60)", &seconds, NULL},
        {"--order", "1|2", "2: check the gradient's own gradient (1)", &order, NULL},
        {NULL, NULL, NULL, NULL, NULL},
    };
    wg_gradcheck_options o = {.size = sizeof o};
    int64_t seed_value = 0;
    wg_dtype dtype;
    wgi_inputs in;
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status < 0) status = real_option("--rtol", rtol, &o.rtol);
    if (status < 0) status = real_option("--atol", atol, &o.atol);
    if (status < 0) status = real_option("--seconds", seconds, &o.seconds);
    if (status < 0) status = whole_option("--coordinates", coordinates, &o.coordinates);
    if (status < 0) status = whole_option("--seed", seed, &seed_value);
    if (status >= 0) return status;
    o.seed = (uint64_t)seed_value;
    if (!wgi_dtype_of_word(dtype_word, &dtype))
        return wgi_complain("check", WGI_EXIT_USAGE, "--dtype is f32 or f64, not %s", dtype_word);
    if (order && strcmp(order, "1") != 0 && strcmp(order, "2") != 0)
        return wgi_complain("check", WGI_EXIT_USAGE, "--order is 1 or 2, not %s", order);
    if (json && csv)
        return wgi_complain("check", WGI_EXIT_USAGE, "--json and --csv exclude each other");
    status = wgi_inputs_read(&in, "check", dtype, words, argv + 1);
    if (status < 0) status = wgi_check_one_element("check", in.root);
    if (status < 0)
        status = check(&in, &o, order && *order == '2',
                       json  ? wgi_check_json
                       : csv ? wgi_check_csv
                             : wgi_check_table);
    wgi_tell_of_debug("check", in.tape);
    wgi_inputs_clear(&in);
    return status;
}
