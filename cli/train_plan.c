/* train_plan.c: the options of `wengert train`, and the defaults that suit a data set. */
#include "cli/train_plan.h"

#include "backend/backend.h"
#include "cli/cli.h"
#include "cli/numbers.h"

#include <stdlib.h>
#include <string.h>

static const char NAME[] = "train";

/* The texts of the options, as given. */
typedef struct texts {
    const char *data, *arch, *epochs, *batch, *rate, *rule, *seed, *out, *loss, *momentum, *decay,
        *clip, *schedule, *init, *norm, *valid, *test, *threads, *freeze, *sections,
        *augment, *check_after, *coordinates;
} texts;

static const wgi_usage usage = {
    NAME, "[--data SPEC] [--arch SPEC] [--epochs N] [--batch N] [--lr X] [--optim NAME] ...",
    "Trains a network on labelled images, keeps the weights that were best on a validation\n"
    "part, saves them and tests them on a held-out part.  Writes DIR/model.safetensors and\n"
    "DIR/log.csv.  Ctrl-C ends training after the current batch and keeps the best weights;\n"
    "a second one ends the program at once.  Exit status 1: the loss was no finite number.\n",
    "Layers: CONV3x32 (filters 3x3, 32 of them; s and p give stride and padding), POOL2,\n"
    "AVGPOOL2, GMP and GAP (of the whole image), FC256, RELU, LRELU, TANH, SIGMOID, DROP0.5\n"
    "(probability of keeping), SDROP0.5 (of channels), PDROP0.5 (without scaling), BN, parted\n"
    "by '-'; (...)*2 and [...]*2 repeat.  The last layer, one score a class, is understood.\n\n"
    "--check-after 0 checks the gradient of the first weights, --check-after 100 of those that\n"
    "100 steps made: of the loss on 8 examples, and of the regulariser (--decay) by itself, a few\n"
    "coordinates of every parameter, as wengert check does and with its exit status: 0 pass or\n"
    "subgradient, 1 fail, 4 inconclusive or kink.  Nothing is saved.\n\n"
    "  wengert train\n"
    "  wengert train --check-after 100 --decay 0.001\n"
    "  wengert train --data mnist:DIR --arch '[(CONV3x32-RELU)*2-POOL2]*2-(FC256-RELU)*1'\n"};

static int read_texts(texts *t, wgi_train_plan *p, int argc, char **argv) {
    const wgi_option options[] = {
        {"--data", "SPEC", "digits, mnist:DIR, cifar10:DIR, images:DIR, spiral, moons", &t->data,
         0},
        {"--arch", "SPEC", "layers, as below", &t->arch, 0},
        {"--epochs", "N", "passes over the training part", &t->epochs, 0},
        {"--batch", "N", "examples in a step", &t->batch, 0},
        {"--lr", "X", "learning rate", &t->rate, 0},
        {"--optim", "NAME", "sgd, momentum, nesterov or adam (the default)", &t->rule, 0},
        {"--seed", "N", "of the split, the weights and the order (0)", &t->seed, 0},
        {"--out", "DIR", "for the model and the log (wengert-out)", &t->out, 0},
        {"--json", 0, "one JSON object on stdout instead of text", 0, &p->json},
        {"--loss", "NAME", "softmax (the default) or svm", &t->loss, 0},
        {"--momentum", "X", "of sgd, momentum and nesterov", &t->momentum, 0},
        {"--decay", "X", "L2: adds X/2 |w|^2 to the loss (0; photographs: 0.001)", &t->decay, 0},
        {"--clip", "X", "scales gradients down to this norm (0: never)", &t->clip, 0},
        {"--schedule", "NAME", "of the learning rate: constant, step or cosine", &t->schedule, 0},
        {"--init", "NAME", "auto (the default), xavier, he, glorot or a deviation", &t->init, 0},
        {"--freeze", "PATTERN", "parameters to leave as they are, such as 'conv*' or '*.b'",
         &t->freeze, 0},
        {"--norm", "NAME", "scale, channel-mean, channel, pixel-mean or pixel", &t->norm, 0},
        {"--valid", "X", "fraction that chooses the best weights (0.1)", &t->valid, 0},
        {"--test", "X", "fraction held out, where the data have no test part (0.2)", &t->test, 0},
        {"--threads", "N", "threads to use (one a core; small examples: 1)", &t->threads, 0},
        {"--augment", "LIST", "change training images at random: flip, crop4 (by 4 pixels) or both",
         &t->augment, 0},
        {"--sections", "N", "keep values between N parts of the layers, compute others again (1)",
         &t->sections, 0},
        {"--confusion", 0, "print the confusion matrix of the held-out part", 0, &p->confusion},
        {"--check-after", "N", "train N steps, check the gradient and end; see below",
         &t->check_after, 0},
        {"--coordinates", "N", "of each parameter, for --check-after (10)", &t->coordinates, 0},
        {"--profile", 0, "print what each gate cost: time, operations, bytes", 0, &p->profile},
        {"--no-lint", 0, "do not look for common mistakes in the first epoch", 0, &p->no_lint},
        {"--quiet", 0, "no progress", 0, &p->quiet},
        {0, 0, 0, 0, 0}};
    int words, status = wgi_args(&usage, options, argc, argv, &words);
    if (status >= 0 || words == 0) return status;
    return wgi_complain(NAME, WGI_EXIT_USAGE, "it takes options only, not \"%s\"", argv[1]);
}

/* ---- texts to numbers ----------------------------------------------------------------------- */

/* --init takes a word or a deviation. */
static int read_init(wgi_train_plan *p, const char *text) {
    static const char *const words[] = {"auto", "xavier", "he", "glorot", NULL};
    int kind = 0;
    char *end;
    p->model.size = sizeof p->model;
    p->model.seed = p->seed;
    if (text && (strtod(text, &end), end != text) && *end == '\0') {
        p->model.init = WG_INIT_NORMAL;
        return wgi_option_real(NAME, "--init", text, 0, 1e6, &p->model.deviation);
    }
    int status = wgi_option_word(NAME, "--init", text, words, &kind);
    p->model.init = (wg_init_kind)kind;
    return status;
}

/* --augment takes a list such as "flip,crop4". */
static int read_augment(wgi_train_plan *p, const char *text) {
    while (text && *text) {
        size_t n = strcspn(text, ",");
        char *end;
        if (n == 4 && memcmp(text, "flip", n) == 0) {
            p->augment.flip = 1;
        } else {
            int crop = n > 4 && memcmp(text, "crop", 4) == 0 && text[4] >= '0' && text[4] <= '9';
            if (crop) p->augment.crop = strtoll(text + 4, &end, 10);
            if (!crop || end != text + n)
                return wgi_complain(NAME, WGI_EXIT_USAGE,
                                    "--augment takes flip, crop4 or flip,crop4, not \"%.40s\"",
                                    text);
        }
        text += n + (text[n] == ',');
    }
    return -1;
}

static int read_words(const texts *t, wgi_train_plan *p) {
    static const char *const losses[] = {"softmax", "svm", NULL};
    static const char *const norms[] = {"scale", "channel-mean", "channel", "pixel-mean",
                                        "pixel", NULL};
    static const char *const schedules[] = {"constant", "step", "cosine", NULL};
    static const char *const rules[] = {"sgd", "momentum", "nesterov", "adam", NULL};
    int loss = 0, norm = 0, schedule = 0, rule = 3;
    int s = wgi_option_word(NAME, "--loss", t->loss, losses, &loss);
    if (s < 0) s = wgi_option_word(NAME, "--norm", t->norm, norms, &norm);
    if (s < 0) s = wgi_option_word(NAME, "--schedule", t->schedule, schedules, &schedule);
    if (s < 0) s = wgi_option_word(NAME, "--optim", t->rule, rules, &rule);
    if (s < 0) s = read_init(p, t->init);
    if (s < 0) s = read_augment(p, t->augment);
    if (s < 0 && t->momentum && rule == 3)
        return wgi_complain(NAME, WGI_EXIT_USAGE, "--momentum is for sgd, momentum and nesterov");
    p->loss = (wg_loss)loss;
    p->norm = (wg_norm)norm;
    p->schedule.kind = (wg_schedule_kind)schedule;
    p->rule = rules[rule];
    p->has_norm = t->norm != NULL;
    p->has_schedule = t->schedule != NULL;
    p->has_decay = t->decay != NULL;
    return s;
}

static int read_numbers(const texts *t, wgi_train_plan *p) {
    int64_t threads = 0;
    wg_optim_options *o = &p->optim;
    int s = wgi_option_seed(NAME, "--seed", t->seed, &p->seed);
    if (s < 0) s = wgi_option_whole(NAME, "--epochs", t->epochs, 1, 1000000, &p->epochs);
    if (s < 0) s = wgi_option_whole(NAME, "--batch", t->batch, 1, 1000000, &p->batch);
    if (s < 0) s = wgi_option_whole(NAME, "--check-after", t->check_after, 0, 1000000000,
                                    &p->check_after);
    if (s < 0) s = wgi_option_whole(NAME, "--coordinates", t->coordinates, 1, 1000000000,
                                    &p->coordinates);
    if (s < 0 && t->coordinates && !t->check_after)
        return wgi_complain(NAME, WGI_EXIT_USAGE, "--coordinates goes with --check-after");
    if (s < 0) s = wgi_option_whole(NAME, "--threads", t->threads, 1, 256, &threads);
    if (s < 0)
        s = wgi_option_whole(NAME, "--sections", t->sections, 1, 1000, &p->model.sections);
    if (s < 0) s = wgi_option_real(NAME, "--lr", t->rate, 1e-30, 1e30, &o->rate);
    if (s < 0) s = wgi_option_real(NAME, "--momentum", t->momentum, 0, 0.999999, &o->momentum);
    if (s < 0) s = wgi_option_real(NAME, "--decay", t->decay, 0, 1e6, &o->decay);
    if (s < 0) s = wgi_option_real(NAME, "--clip", t->clip, 0, 1e30, &o->clip);
    if (s < 0) s = wgi_option_real(NAME, "--valid", t->valid, 0, 0.99, &p->valid);
    if (s < 0) s = wgi_option_real(NAME, "--test", t->test, 0, 0.99, &p->test);
    if (s < 0 && p->valid + p->test >= 1)
        return wgi_complain(NAME, WGI_EXIT_USAGE, "--valid and --test leave nothing to train on");
    if (s < 0 && threads) wg_set_threads((int)threads);
    p->has_threads = threads > 0 || getenv("WG_THREADS") != NULL;
    return s;
}

int wgi_train_plan_read(wgi_train_plan *p, int argc, char **argv) {
    texts t;
    memset(&t, 0, sizeof t);
    memset(p, 0, sizeof *p);
    int s = read_texts(&t, p, argc, argv);
    if (s >= 0) return s;
    p->data = t.data ? t.data : "digits";
    p->out = t.out ? t.out : "wengert-out";
    if (!*p->out) return wgi_complain(NAME, WGI_EXIT_USAGE, "--out is empty");
    p->arch = t.arch;
    p->freeze = t.freeze;
    p->valid = 0.1;
    p->test = 0.2;
    p->check_after = -1;
    p->optim.size = sizeof p->optim;
    s = read_numbers(&t, p);
    return s < 0 ? read_words(&t, p) : s;
}

/* ---- defaults by data ----------------------------------------------------------------------- */

typedef struct preset {
    const char *data; /* what the spec is, up to a colon; NULL: any other */
    const char *arch;
    wg_norm norm;
    int64_t epochs, batch;
    double rate, decay; /* of adam */
} preset;

static const char COURSE[] = "[(CONV3x32-RELU)*2-POOL2]*2-(FC256-RELU)*1";

static const preset presets[] = {
    {"digits",
     "(CONV3x32-RELU)*2-POOL2-(CONV3x64-RELU)*2-POOL2-DROP0.5-FC128-RELU-DROP0.5",
     WG_NORM_SCALE, 30, 32, 0.001, 0},
    {"mnist", COURSE, WG_NORM_SCALE, 3, 64, 0.001, 0},
    {"cifar10", COURSE, WG_NORM_CHANNEL, 10, 64, 0.001, 0.001},
    {"images", COURSE, WG_NORM_CHANNEL, 10, 64, 0.001, 0.001},
    {NULL, "(FC64-RELU)*2", WG_NORM_SCALE, 100, 16, 0.005, 0},
};

/* Below so many numbers an example, a step is a few milliseconds in some sixty kernels: threads
 * would meet so often that one core which is shared with another program stops them all.  On two
 * free cores digits train in 2 s with two threads and 4 s with one; where the cores are shared, in
 * 40 s with two. */
enum { SMALL_EXAMPLE = 256 };

void wgi_train_plan_suit(wgi_train_plan *p, const wg_dataset *data) {
    const preset *s = presets;
    size_t n = strcspn(p->data, ":");
    if (!p->has_threads && data->height * data->width * data->channels < SMALL_EXAMPLE)
        wg_set_threads(1);
    while (s->data && !(strlen(s->data) == n && strncmp(s->data, p->data, n) == 0)) ++s;
    /* the course's pattern halves an image twice */
    int halves = data->height % 4 == 0 && data->width % 4 == 0;
    if (!p->arch) p->arch = s->arch == COURSE && !halves ? "FC256-RELU" : s->arch;
    if (!p->has_norm) p->norm = s->norm;
    if (!p->has_schedule) p->schedule.kind = WG_SCHEDULE_COSINE;
    if (!p->epochs) p->epochs = s->epochs;
    if (!p->batch) p->batch = s->batch;
    if (strcmp(p->rule, "adam") != 0) return;
    if (p->optim.rate == 0) p->optim.rate = s->rate;
    if (!p->has_decay) p->optim.decay = s->decay;
}
