/* predict.c: wengert predict: classifies image files with a saved model. */
#include "cli/cli.h"

#include "train/train.h"

#include <stdlib.h>
#include <string.h>

static const char NAME[] = "predict";
enum { TOP = 3 };

typedef struct job {
    wg_model *model;
    wg_model_info info;
    int64_t height, width, channels;
    float *x;              /* one image, preprocessed */
    double *probability;   /* one a class */
    int64_t top[TOP];      /* the likeliest classes, best first */
    int n_top, json, failed, first;
} job;

/* ---- one image ------------------------------------------------------------------------------ */

/* image becomes of the model's size and channels, and stderr is told what was done to it. */
static wg_status fit(const job *j, const char *path, wg_image *image, wg_error *e) {
    wg_image other = {0, 0, 0, NULL};
    if (image->channels != j->channels) {
        if (wg_image_convert(image, (int)j->channels, &other, e) != WG_OK) return e->status;
        fprintf(stderr, "%s: turned %s\n", path, j->channels == 1 ? "grey" : "into colour");
        wg_image_clear(image);
        *image = other;
    }
    if (image->height == j->height && image->width == j->width) return WG_OK;
    fprintf(stderr, "%s: resized from %lld x %lld to %lld x %lld\n", path,
            (long long)image->height, (long long)image->width, (long long)j->height,
            (long long)j->width);
    if (wg_image_resize(image, j->height, j->width, &other, e) != WG_OK) return e->status;
    wg_image_clear(image);
    *image = other;
    return WG_OK;
}

/* The likeliest classes by repeated search: TOP is small. */
static void rank(job *j) {
    j->n_top = j->info.n_classes < TOP ? (int)j->info.n_classes : TOP;
    for (int t = 0; t < j->n_top; ++t) {
        int64_t best = -1;
        for (int64_t k = 0; k < j->info.n_classes; ++k) {
            int taken = 0;
            for (int i = 0; i < t; ++i) taken |= j->top[i] == k;
            if (!taken && (best < 0 || j->probability[k] > j->probability[best])) best = k;
        }
        j->top[t] = best;
    }
}

static wg_status classify(job *j, const char *path, wg_error *e) {
    wg_image image = {0, 0, 0, NULL};
    wg_status s = wg_image_load(path, &image, e);
    if (s == WG_OK) s = fit(j, path, &image, e);
    if (s == WG_OK) s = wg_preprocess_image(&j->info.preprocess, &image, j->x, e);
    if (s == WG_OK) s = wg_predict(j->model, 1, j->x, j->probability, e);
    wg_image_clear(&image);
    if (s == WG_OK) rank(j);
    return s;
}

/* ---- output --------------------------------------------------------------------------------- */

static void print_text(const job *j, const char *path) {
    for (int t = 0; t < j->n_top; ++t) {
        if (t == 0) printf("%s: ", path);
        else fputs(t == 1 ? ", then " : ", ", stdout);
        printf("%s (%.2f %%)", j->info.classes[j->top[t]], 100 * j->probability[j->top[t]]);
    }
    putchar('\n');
}

static void print_class(const job *j, int64_t k) {
    fputs("\"class\": ", stdout);
    wgi_json_string(stdout, j->info.classes[k]);
    fputs(", \"probability\": ", stdout);
    wgi_json_number(stdout, j->probability[k], WG_F64);
}

static void print_json(job *j, const char *path, const wg_error *e) {
    fputs(j->first ? "\n  {\"file\": " : ",\n  {\"file\": ", stdout);
    j->first = 0;
    wgi_json_string(stdout, path);
    fputs(", ", stdout);
    if (e->status != WG_OK) {
        fputs("\"error\": ", stdout);
        wgi_json_string(stdout, e->text);
    } else {
        print_class(j, j->top[0]);
        fputs(", \"top\": [", stdout);
        for (int t = 0; t < j->n_top; ++t) {
            fputs(t ? ", {" : "{", stdout);
            print_class(j, j->top[t]);
            putchar('}');
        }
        putchar(']');
    }
    putchar('}');
}

/* ---- the command ---------------------------------------------------------------------------- */

static int open_model(job *j, const char *path) {
    wg_error e = {WG_OK, ""};
    j->model = wg_model_load(path, &j->info, &e);
    if (!j->model) return wgi_complain(NAME, wgi_exit_of(e.status), "%s", e.text);
    wg_model_input(j->model, &j->height, &j->width, &j->channels);
    if (j->channels != 1 && j->channels != 3)
        return wgi_complain(NAME, WGI_EXIT_DATA, "%s: it takes %lld x %lld x %lld numbers, which "
                            "are no image", path, (long long)j->height, (long long)j->width,
                            (long long)j->channels);
    j->x = calloc((size_t)(j->height * j->width * j->channels), sizeof *j->x);
    j->probability = calloc((size_t)j->info.n_classes, sizeof *j->probability);
    return j->x && j->probability ? -1 : wgi_complain(NAME, WGI_EXIT_DATA, "no memory");
}

static void predict_all(job *j, const char *model, int n, char **paths) {
    if (j->json) {
        fputs("{\"model\": ", stdout);
        wgi_json_string(stdout, model);
        fputs(", \"images\": [", stdout);
    }
    j->first = 1;
    for (int i = 0; i < n; ++i) {
        wg_error e = {WG_OK, ""};
        if (classify(j, paths[i], &e) != WG_OK) {
            j->failed = 1;
            wgi_complain(NAME, 0, "%s", e.text);
        } else if (!j->json) {
            print_text(j, paths[i]);
        }
        if (j->json) print_json(j, paths[i], &e);
    }
    if (j->json) puts("\n]}");
}

int wgi_cli_predict(int argc, char **argv) {
    static const wgi_usage usage = {
        NAME, "MODEL IMAGE...",
        "Classifies PNG, JPEG and BMP files with a model that wengert train saved: the class, its\n"
        "probability and the next likeliest.  An image of another size is resized, colour turned\n"
        "grey where the model wants it; stderr says so.  A file that cannot be read is reported,\n"
        "the others are still classified, and the exit status is 3.\n",
        "  wengert predict wengert-out/model.safetensors seven.png\n"};
    job j;
    int words;
    memset(&j, 0, sizeof j);
    const wgi_option options[] = {{"--json", 0, "one JSON object on stdout", 0, &j.json},
                                  {0, 0, 0, 0, 0}};
    int status = wgi_args(&usage, options, argc, argv, &words);
    if (status < 0 && words < 2)
        status = wgi_complain(NAME, WGI_EXIT_USAGE, "it takes a model and images: %s",
                              usage.synopsis);
    if (status < 0) status = open_model(&j, argv[1]);
    if (status < 0) {
        predict_all(&j, argv[1], words - 1, argv + 2);
        status = j.failed ? WGI_EXIT_DATA : WGI_EXIT_FINE;
    }
    if (j.model) wg_model_info_clear(&j.info);
    wg_model_free(j.model);
    free(j.x);
    free(j.probability);
    return status;
}
