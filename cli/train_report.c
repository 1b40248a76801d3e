/* train_report.c: see train_report.h */
#include "cli/train_report.h"

#include "cli/cli.h"
#include "cli/profile_report.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void wgi_report_add(wgi_train_report *r, const wg_train_event *event, double seconds) {
    if (r->n == r->room) {
        size_t room = r->room ? 2 * r->room : 64;
        wgi_epoch_line *epochs = realloc(r->epochs, room * sizeof *epochs);
        if (!epochs) return;
        r->epochs = epochs;
        r->room = room;
    }
    wgi_epoch_line line = {*event, seconds};
    r->epochs[r->n++] = line;
}

void wgi_report_add_lint(wgi_train_report *r, const wg_lint_finding *finding) {
    wg_lint_finding *lints = realloc(r->lints, (r->n_lints + 1) * sizeof *lints);
    if (!lints) return;
    r->lints = lints;
    r->lints[r->n_lints++] = *finding;
}

void wgi_report_clear(wgi_train_report *r) {
    free(r->epochs);
    free(r->lints);
    free(r->held_out.confusion);
    wg_profile_clear(&r->profile);
    memset(r, 0, sizeof *r);
}

/* ---- the log -------------------------------------------------------------------------------- */

int wgi_report_log(const wgi_train_report *r, const char *path) {
    FILE *f = fopen(path, "w");
    if (!f) return errno;
    int failed = fputs("epoch,loss,accuracy,valid_loss,valid_accuracy,rate,seconds\n", f) < 0;
    for (size_t i = 0; i < r->n; ++i) {
        const wg_train_event *e = &r->epochs[i].event;
        failed |= fprintf(f, "%" PRId64 ",%.9g,%.9g,%.9g,%.9g,%.9g,%.3f\n", e->epoch, e->loss,
                          e->accuracy, e->valid_loss, e->valid_accuracy, e->rate,
                          r->epochs[i].seconds) < 0;
    }
    int error = failed ? errno : 0;
    if (fclose(f) != 0 && !error) error = errno;
    return error;
}

/* ---- text ----------------------------------------------------------------------------------- */

static void print_confusion(const wgi_train_report *r) {
    int64_t n = r->data->classes;
    int wide = 9;
    for (int64_t i = 0; i < n; ++i) {
        int length = (int)strlen(r->data->class_names[i]);
        if (length > wide) wide = length;
    }
    printf("%*s  predicted\n%*s ", wide, "label", wide, "");
    for (int64_t k = 0; k < n; ++k) printf(" %6.6s", r->data->class_names[k]);
    putchar('\n');
    for (int64_t i = 0; i < n; ++i) {
        printf("%*s ", wide, r->data->class_names[i]);
        for (int64_t k = 0; k < n; ++k) printf(" %6" PRId64, r->held_out.confusion[i * n + k]);
        putchar('\n');
    }
}

void wgi_report_text(const wgi_train_report *r, const wgi_train_plan *plan) {
    if (plan->profile) wgi_profile_text(&r->profile, r->seconds);
    if (r->held_out.n == 0) {
        puts("no examples are held out");
        return;
    }
    if (plan->confusion) print_confusion(r);
    printf("held-out accuracy %.2f %%\n", 100 * r->held_out.accuracy);
}

/* ---- JSON ----------------------------------------------------------------------------------- */

static void number(const char *key, double x) {
    printf(", \"%s\": ", key);
    wgi_json_number(stdout, x, WG_F64);
}

static void text(const char *key, const char *value) {
    printf(", \"%s\": ", key);
    wgi_json_string(stdout, value);
}

static void print_epochs(const wgi_train_report *r) {
    fputs(", \"epochs\": [", stdout);
    for (size_t i = 0; i < r->n; ++i) {
        const wg_train_event *e = &r->epochs[i].event;
        printf("%s{\"epoch\": %" PRId64, i ? ", " : "", e->epoch);
        number("loss", e->loss);
        number("accuracy", e->accuracy);
        number("valid_loss", e->valid_loss);
        number("valid_accuracy", e->valid_accuracy);
        number("rate", e->rate);
        number("seconds", r->epochs[i].seconds);
        printf(", \"best\": %s}", e->best ? "true" : "false");
    }
    putchar(']');
}

static void print_lints(const wgi_train_report *r) {
    fputs(", \"lints\": [", stdout);
    for (size_t i = 0; i < r->n_lints; ++i) {
        const wg_lint_finding *f = &r->lints[i];
        printf("%s{\"kind\": ", i ? ", " : "");
        wgi_json_string(stdout, wg_lint_name(f->kind));
        text("subject", f->subject);
        text("text", f->text);
        putchar('}');
    }
    putchar(']');
}

static void print_held_out(const wgi_train_report *r) {
    const wg_evaluation *h = &r->held_out;
    printf(", \"held_out\": {\"n\": %" PRId64 ", \"right\": %" PRId64, h->n, h->right);
    number("loss", h->loss);
    number("accuracy", h->accuracy);
    fputs(", \"confusion\": ", stdout);
    int64_t dim[2] = {r->data->classes, r->data->classes};
    wgi_json_array(stdout, 2, dim, WG_I64, h->confusion);
    putchar('}');
}

void wgi_report_json(const wgi_train_report *r, const wgi_train_plan *plan) {
    printf("{\"seed\": %" PRIu64, plan->seed);
    text("data", plan->data);
    text("arch", plan->arch);
    text("optim", plan->rule);
    printf(", \"parameters\": %" PRId64 ", \"batch\": %" PRId64, r->numbers, plan->batch);
    text("model", r->model_path);
    print_epochs(r);
    printf(", \"best_epoch\": %" PRId64 ", \"steps\": %" PRId64 ", \"stopped\": %s",
           r->result.best_epoch, r->result.steps, r->result.stopped ? "true" : "false");
    number("seconds", r->seconds);
    print_lints(r);
    fputs(", \"classes\": [", stdout);
    for (int64_t k = 0; k < r->data->classes; ++k) {
        if (k) fputs(", ", stdout);
        wgi_json_string(stdout, r->data->class_names[k]);
    }
    putchar(']');
    print_held_out(r);
    if (plan->profile) wgi_profile_json(&r->profile);
    puts("}");
}
