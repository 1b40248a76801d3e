/* train_report.h: what a run of `wengert train` leaves: a log, a line, or a JSON object. */
#ifndef CLI_TRAIN_REPORT_H
#define CLI_TRAIN_REPORT_H

#include "cli/train_plan.h"

/* One epoch as it was reported. */
typedef struct wgi_epoch_line {
    wg_train_event event;
    double seconds; /* since the start of training */
} wgi_epoch_line;

typedef struct wgi_train_report {
    wgi_epoch_line *epochs; /* owned */
    size_t n, room;
    wg_lint_finding *lints; /* owned */
    size_t n_lints;
    double seconds; /* of training */
    int64_t numbers; /* of the model's parameters */
    const char *model_path;
    const wg_dataset *data;
    wg_train_result result;
    wg_evaluation held_out;
    wg_profile profile; /* owned; empty where it was not asked for */
} wgi_train_report;

/* Appends an epoch; without memory the report lacks it. */
void wgi_report_add(wgi_train_report *report, const wg_train_event *event, double seconds);
/* Appends a finding; without memory the report lacks it. */
void wgi_report_add_lint(wgi_train_report *report, const wg_lint_finding *finding);
void wgi_report_clear(wgi_train_report *report);
/* Writes the epochs as lines of numbers parted by commas; 0, or errno. */
int wgi_report_log(const wgi_train_report *report, const char *path);
/* The result on stdout. */
void wgi_report_text(const wgi_train_report *report, const wgi_train_plan *plan);
void wgi_report_json(const wgi_train_report *report, const wgi_train_plan *plan);

#endif
