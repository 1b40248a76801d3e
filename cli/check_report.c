/* check_report.c: see check_report.h */
#define _POSIX_C_SOURCE 200809L /* isatty */
#include "cli/check_report.h"

#include "cli/cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- JSON ----------------------------------------------------------------------------------- */

static void json_real(const char *key, double x) {
    printf(", \"%s\": ", key);
    wgi_json_number(stdout, x, WG_F64);
}

static void json_leaf(const wg_gradcheck_leaf *l) {
    char place[WGI_PLACE];
    fputs("{\"name\": ", stdout);
    wgi_json_string(stdout, l->name);
    printf(", \"verdict\": \"%s\", \"shape\": [", wg_verdict_name(l->verdict));
    for (int i = 0; i < l->shape.rank; ++i)
        printf("%s%lld", i ? ", " : "", (long long)l->shape.dim[i]);
    printf("], \"coordinates\": %lld, \"failed\": %lld, \"inconclusive\": %lld, "
           "\"subgradients\": %lld, \"kinks\": %lld, \"directions\": %lld, \"worst\": ",
           (long long)l->checked, (long long)l->failed, (long long)l->inconclusive,
           (long long)l->subgradients, (long long)l->kinks, (long long)l->directions);
    if (l->worst >= 0) {
        fputs(wgi_place_text(place, l->shape, l->worst), stdout);
        json_real("x", l->x);
        json_real("analytic", l->analytic);
        json_real("numeric", l->numeric);
        json_real("abs_error", l->abs_error);
        json_real("rel_error", l->rel_error);
        json_real("tolerance", l->tolerance);
        json_real("step", l->step);
        json_real("numeric_error", l->numeric_error);
        json_real("left", l->left);
        json_real("right", l->right);
        json_real("rounding", l->rounding);
    } else {
        fputs("null", stdout);
    }
    fputs(", \"message\": ", stdout);
    wgi_json_string(stdout, l->message);
    putchar('}');
}

static void json_blame(const wg_gradcheck_node *b) {
    if (b->index == 0) {
        fputs("null", stdout);
        return;
    }
    printf("{\"id\": %u, \"gate\": ", (unsigned)b->index);
    wgi_json_string(stdout, b->gate);
    fputs(", \"name\": ", stdout);
    wgi_json_string(stdout, b->name);
    fputs(", \"site\": ", stdout);
    wgi_json_string(stdout, b->site);
    fputs(", \"operand\": ", stdout);
    wgi_json_string(stdout, b->operand);
    printf(", \"element\": %lld", (long long)b->element);
    json_real("analytic", b->analytic);
    json_real("numeric", b->numeric);
    fputs(", \"message\": ", stdout);
    wgi_json_string(stdout, b->message);
    putchar('}');
}

void wgi_check_json_object(const wg_gradcheck_report *r) {
    printf("{\"verdict\": \"%s\", \"value\": ", wg_verdict_name(r->verdict));
    wgi_json_number(stdout, r->value, WG_F64);
    fputs(", \"rule\": ", stdout);
    wgi_json_string(stdout, r->rule);
    fputs(", \"leaves\": [", stdout);
    for (size_t i = 0; i < r->n; ++i) {
        if (i) fputs(", ", stdout);
        json_leaf(r->leaf[i]);
    }
    fputs("], \"wrong_gate\": ", stdout);
    json_blame(&r->blame);
    json_real("taylor_slope", r->taylor);
    json_real("dot_product_error", r->dot);
    json_real("asymmetry", r->asymmetry);
    printf(", \"corners\": %lld, \"corner_directions\": %lld, \"evaluations\": %lld}",
           (long long)r->corners, (long long)r->corner_directions, (long long)r->evaluations);
}

void wgi_check_json(const wg_gradcheck_report *r) {
    wgi_check_json_object(r);
    putchar('\n');
}

/* ---- CSV ------------------------------------------------------------------------------------ */

/* A field in quotes, quotes within doubled. */
static void csv_text(const char *text) {
    putchar('"');
    for (; *text; ++text) {
        if (*text == '"') putchar('"');
        putchar(*text);
    }
    putchar('"');
}

void wgi_check_csv(const wg_gradcheck_report *r) {
    char place[WGI_PLACE];
    puts("name,verdict,coordinates,failed,inconclusive,subgradients,kinks,worst,x,analytic,numeric,"
         "bound,abs_error,rel_error,tolerance,step,rounding,message");
    for (size_t i = 0; i < r->n; ++i) {
        const wg_gradcheck_leaf *l = r->leaf[i];
        csv_text(l->name);
        printf(",%s,%lld,%lld,%lld,%lld,%lld,", wg_verdict_name(l->verdict), (long long)l->checked,
               (long long)l->failed, (long long)l->inconclusive, (long long)l->subgradients,
               (long long)l->kinks);
        if (l->worst >= 0) csv_text(wgi_place_text(place, l->shape, l->worst));
        const double numbers[] = {l->x,         l->analytic,  l->numeric,   l->numeric_error,
                                  l->abs_error, l->rel_error, l->tolerance, l->step,
                                  l->rounding};
        for (size_t k = 0; k < sizeof numbers / sizeof *numbers; ++k) {
            putchar(',');
            if (l->worst >= 0 && !isnan(numbers[k])) printf("%.17g", numbers[k]);
        }
        putchar(',');
        csv_text(l->message);
        putchar('\n');
    }
}

/* ---- for people ----------------------------------------------------------------------------- */

/* Where a leaf's worst coordinate is, for the table. */
static const char *worst_text(char text[WGI_PLACE], const wg_gradcheck_leaf *l) {
    if (l->worst < 0) return "none";
    return l->shape.rank ? wgi_place_text(text, l->shape, l->worst) : "";
}

/* printf gives a NaN the sign that its bits happen to have. */
static double unsigned_nan(double x) { return isnan(x) ? (double)NAN : x; }

/* Green, red, yellow for good, bad, undecided; "" without colours. */
static const char *colour(wg_verdict v) {
    static const char *const codes[] = {"\033[32m", "\033[1;31m", "\033[33m", "\033[32m",
                                        "\033[33m"};
    const char *no = getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) && !(no && *no) ? codes[v] : "";
}

static void print_verdict(wg_verdict v) {
    const char *on = colour(v);
    printf("%s%s%s", on, wg_verdict_name(v), *on ? "\033[0m" : "");
}

static void print_leaf(const wg_gradcheck_leaf *l, int name, int place) {
    char text[WGI_PLACE];
    printf("%-*s  %-*s  %15.9g  %15.9g  %8.1g  %8.2g  %8.2g  ", name, l->name, place,
           worst_text(text, l), unsigned_nan(l->analytic), unsigned_nan(l->numeric),
           unsigned_nan(l->numeric_error), unsigned_nan(l->abs_error),
           unsigned_nan(l->rel_error));
    print_verdict(l->verdict);
    printf(*l->message ? ": %s\n" : "\n", l->message);
}

/* What was not checked one by one, and the rounding of float32. */
static void print_remarks(const wg_gradcheck_report *r) {
    for (size_t i = 0; i < r->n; ++i) {
        const wg_gradcheck_leaf *l = r->leaf[i];
        int64_t n = 1;
        for (int k = 0; k < l->shape.rank; ++k) n *= l->shape.dim[k];
        if (l->checked < n)
            printf("%s: %lld of %lld coordinates, and all at once in %lld directions\n", l->name,
                   (long long)l->checked, (long long)n, (long long)l->directions);
        if (r->float32)
            printf("%s: float32 is off float64 by %.2g at most, the largest gradient is %.3g\n",
                   l->name, l->rounding, l->largest);
    }
    if (r->corner_directions)
        printf("%lld coordinates lie on kinks; they were moved together along %lld lines\n",
               (long long)r->corners, (long long)r->corner_directions);
    const wg_gradcheck_node *b = &r->blame;
    if (b->index)
        printf("the first wrong gate: %s%s%s%s%s%s, d/d%s at element %lld: %s\n", b->gate,
               *b->name ? " \"" : "", b->name, *b->name ? "\"" : "", *b->site ? ", " : "", b->site,
               b->operand, (long long)b->element, b->message);
}

void wgi_check_table(const wg_gradcheck_report *r) {
    int name = 4, place = 5;
    char text[WGI_PLACE];
    for (size_t i = 0; i < r->n; ++i) {
        int n = (int)strlen(r->leaf[i]->name), p = (int)strlen(worst_text(text, r->leaf[i]));
        name = n > name ? n : name;
        place = p > place ? p : place;
    }
    if (*r->rule) printf("accepted where %s\n\n", r->rule);
    printf("%-*s  %-*s  %15s  %15s  %8s  %8s  %8s  verdict\n", name, "name", place, "worst",
           "analytic", "numeric", "bound", "abs", "rel");
    for (size_t i = 0; i < r->n; ++i) print_leaf(r->leaf[i], name, place);
    putchar('\n');
    print_remarks(r);
    print_verdict(r->verdict);
    putchar('\n');
}
