/* train.c: wengert train: data, split, preprocessing, model, training, saving, testing. */
#define _POSIX_C_SOURCE 200809L /* sigaction, mkdir */
#include "cli/train_plan.h"
#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/train_check.h"
#include "cli/train_report.h"
#include "data/atomic_file.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char NAME[] = "train";

typedef struct job {
    wgi_train_plan plan;
    wg_dataset *data;
    wg_partition split;
    wg_model_info info;
    wg_model *model;
    wgi_progress progress;
    wgi_train_report report;
    char *model_path, *log_path;
} job;

/* ---- Ctrl-C --------------------------------------------------------------------------------- */

static volatile sig_atomic_t stop; /* a signal handler has no other way to tell */

static void on_signal(int number) {
    if (stop) {
        signal(number, SIG_DFL);
        raise(number);
    }
    stop = 1;
}

static void catch_signals(void) {
    struct sigaction a;
    memset(&a, 0, sizeof a);
    a.sa_handler = on_signal;
    sigaction(SIGINT, &a, NULL);
    sigaction(SIGTERM, &a, NULL);
    a.sa_handler = SIG_IGN; /* a reader that went away must not cost the training, */
    sigaction(SIGPIPE, &a, NULL);
    sigaction(SIGXFSZ, &a, NULL); /* and a file that may not grow is an error like a full disk */
}

/* ---- before training ------------------------------------------------------------------------ */

static int complain(const wg_error *e) {
    return wgi_complain(NAME, wgi_exit_of(e->status), "%s", e->text);
}

static void show_reading(int64_t done, int64_t total, void *user) {
    const job *j = user;
    if (j->plan.quiet || !j->progress.terminal) return;
    fprintf(stderr, "\rread %lld of %lld images%s", (long long)done, (long long)total,
            done == total ? "\n" : "");
}

static int open_data(job *j) {
    wg_error e = {WG_OK, ""};
    wg_dataset_options o = {.size = sizeof o, .seed = j->plan.seed, .progress = show_reading,
                            .user = j};
    j->data = wg_dataset_open_with(j->plan.data, &o, &e);
    if (!j->data) return complain(&e);
    wgi_train_plan_suit(&j->plan, j->data);
    if (wg_dataset_split(j->data, j->plan.valid, j->plan.test, j->plan.seed, &j->split, &e) !=
        WG_OK)
        return complain(&e);
    if (wg_preprocess_fit(j->data, j->split.n_train, j->split.train, j->plan.norm,
                          &j->info.preprocess, &e) != WG_OK)
        return complain(&e);
    j->info.n_classes = j->data->classes;
    j->info.classes = j->data->class_names; /* the data set's */
    j->info.seed = j->plan.seed;
    return -1;
}

static int make_model(job *j) {
    wg_error e = {WG_OK, ""};
    const wg_dataset *d = j->data;
    j->model = wg_model_new(j->plan.arch, d->height, d->width, d->channels, d->classes,
                            &j->plan.model, &e);
    if (!j->model) return complain(&e);
    j->report.data = d;
    j->report.numbers = wg_model_size(j->model);
    if (j->plan.quiet) return -1;
    fprintf(stderr, "%s: %lld to train on, %lld to choose by, %lld held out; seed %llu\n",
            j->plan.data, (long long)j->split.n_train, (long long)j->split.n_valid,
            (long long)j->split.n_test, (unsigned long long)j->plan.seed);
    (void)wg_arch_describe(j->plan.arch, d->height, d->width, d->channels, d->classes, stderr, &e);
    return -1;
}

/* Frozen parameters keep the numbers that the seed drew. */
static int freeze(job *j) {
    wg_params *params = wg_model_params(j->model);
    if (!j->plan.freeze) return -1;
    size_t n = wg_params_freeze(params, j->plan.freeze, 1);
    if (n == 0) {
        const wg_param *first = wg_params_at(params, 0);
        return wgi_complain(NAME, WGI_EXIT_USAGE,
                            "--freeze: no parameter's name matches \"%.40s\"; the first is %s",
                            j->plan.freeze, first ? wg_param_name(first) : "missing");
    }
    if (!j->plan.quiet) fprintf(stderr, "%zu parameters are frozen\n", n);
    return -1;
}

/* "DIR/file", to be freed. */
static char *path_in(const char *dir, const char *file) {
    size_t n = strlen(dir) + strlen(file) + 2;
    char *path = malloc(n);
    if (path) snprintf(path, n, "%s/%s", dir, file);
    return path;
}

/* Made before training, so that a bad --out does not cost it. */
static int make_out(job *j) {
    const char *dir = j->plan.out;
    struct stat s;
    j->model_path = path_in(dir, "model.safetensors");
    j->log_path = path_in(dir, "log.csv");
    j->report.model_path = j->model_path;
    if (!j->model_path || !j->log_path) return wgi_complain(NAME, WGI_EXIT_DATA, "no memory");
    if (mkdir(dir, 0777) != 0 && errno != EEXIST)
        return wgi_complain(NAME, WGI_EXIT_DATA, "%s: %s", dir, strerror(errno));
    if (stat(dir, &s) != 0 || !S_ISDIR(s.st_mode))
        return wgi_complain(NAME, WGI_EXIT_DATA, "%s: not a folder", dir);
    wg_error e = {WG_OK, ""};
    wgi_atomic_file probe;
    if (wgi_atomic_open(&probe, j->model_path, &e) != WG_OK) return complain(&e);
    wgi_atomic_abandon(&probe);
    return -1;
}

/* ---- training ------------------------------------------------------------------------------- */

static int on_event(const wg_train_event *event, void *user) {
    job *j = user;
    wgi_progress_show(&j->progress, event);
    if (event->moment == WG_TRAIN_EPOCH)
        wgi_report_add(&j->report, event, wgi_clock() - j->progress.begin);
    return 0;
}

static void on_lint(const wg_lint_finding *f, void *user) {
    job *j = user;
    wgi_progress_clear(&j->progress);
    wgi_complain(NAME, 0, "%s: %s: %s", wg_lint_name(f->kind), f->subject, f->text);
    wgi_report_add_lint(&j->report, f);
}

static void on_debug(const wg_debug_report *r, void *user) {
    job *j = user;
    wgi_progress_clear(&j->progress);
    wgi_complain(NAME, 0, "%s", r->text);
}

static wg_train_options options_of(job *j) {
    wgi_train_plan *p = &j->plan;
    if (p->schedule.kind == WG_SCHEDULE_STEP) /* twice in a run */
        p->schedule.every = (uint64_t)((p->epochs + 2) / 3 *
                                       ((j->split.n_train + p->batch - 1) / p->batch));
    return (wg_train_options){.size = sizeof(wg_train_options),
                              .epochs = p->epochs,
                              .batch = p->batch,
                              .seed = p->seed,
                              .rule = p->rule,
                              .optim = &p->optim,
                              .schedule = &p->schedule,
                              .loss = p->loss,
                              .report = on_event,
                              .user = j,
                              .stop = &stop,
                              .lint = p->no_lint ? NULL : on_lint,
                              .debug = on_debug,
                              .profile = p->profile ? &j->report.profile : NULL,
                              .augment = p->augment.flip || p->augment.crop ? &p->augment : NULL};
}

/* Instead of a whole training: some steps, and the gradient there. */
static int check(job *j) {
    wg_train_options o = options_of(j);
    o.profile = NULL;
    wgi_progress_init(&j->progress, 1);
    return wgi_train_check(&j->plan, j->model, j->data, &j->info.preprocess, &j->split, &o);
}

/* A run that failed keeps its best weights where it has any; *failed is its exit status, or -1. */
static int run(job *j, int *failed) {
    wg_error e = {WG_OK, ""};
    wg_train_options o = options_of(j);
    wgi_progress_init(&j->progress, j->plan.quiet);
    wg_status s = wg_train(j->model, j->data, &j->info.preprocess, &j->split, &o,
                           &j->report.result, &e);
    wgi_progress_clear(&j->progress);
    j->report.seconds = wgi_clock() - j->progress.begin;
    *failed = -1;
    if (s != WG_OK)
        *failed = wgi_complain(NAME, s == WG_ERR_VALUE ? WGI_EXIT_CHECK : wgi_exit_of(s), "%s",
                               e.text);
    return s == WG_OK || j->report.result.best_epoch > 0 ? -1 : *failed;
}

static int save(job *j) {
    wg_error e = {WG_OK, ""};
    const wg_train_result *r = &j->report.result;
    if (wg_model_save(j->model_path, j->model, &j->info, &e) != WG_OK) return complain(&e);
    int error = wgi_report_log(&j->report, j->log_path);
    if (error) return wgi_complain(NAME, WGI_EXIT_DATA, "%s: %s", j->log_path, strerror(error));
    if (r->stopped) fputs("stopped; ", stderr);
    if (r->stopped || !j->plan.quiet)
        fprintf(stderr, "the weights of epoch %lld are in %s (%.1f s)\n", (long long)r->best_epoch,
                j->model_path, j->report.seconds);
    return -1;
}

static int test(job *j) {
    wg_error e = {WG_OK, ""};
    wg_evaluation *h = &j->report.held_out;
    size_t classes = (size_t)j->data->classes;
    h->size = sizeof *h;
    h->loss_kind = j->plan.loss;
    h->confusion = calloc(classes * classes, sizeof *h->confusion);
    if (!h->confusion) return wgi_complain(NAME, WGI_EXIT_DATA, "no memory");
    if (wg_evaluate(j->model, j->data, &j->info.preprocess, j->split.n_test, j->split.test, h,
                    &e) != WG_OK)
        return complain(&e);
    if (j->plan.json) wgi_report_json(&j->report, &j->plan);
    else wgi_report_text(&j->report, &j->plan);
    return -1;
}

static int work(job *j, int argc, char **argv) {
    int failed = -1, s = wgi_train_plan_read(&j->plan, argc, argv);
    catch_signals();
    wgi_progress_init(&j->progress, j->plan.quiet);
    if (s < 0) s = open_data(j);
    if (s < 0) s = make_model(j);
    if (s < 0) s = freeze(j);
    if (s < 0 && j->plan.check_after >= 0) return check(j);
    if (s < 0) s = make_out(j);
    if (s < 0) s = run(j, &failed);
    if (s < 0) s = save(j);
    if (s < 0) s = test(j);
    return s >= 0 ? s : failed >= 0 ? failed : WGI_EXIT_FINE;
}

int wgi_cli_train(int argc, char **argv) {
    job j;
    memset(&j, 0, sizeof j);
    int status = work(&j, argc, argv);
    wgi_report_clear(&j.report);
    wg_model_free(j.model);
    wg_preprocess_clear(&j.info.preprocess);
    wg_partition_clear(&j.split);
    wg_dataset_free(j.data);
    free(j.model_path);
    free(j.log_path);
    return status;
}
