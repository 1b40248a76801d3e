/* The program's train, predict and sample, as a shell sees them. */
#define _POSIX_C_SOURCE 200809L
#include "tests/data/files.h"
#include "tests/suites.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char output[1 << 17];

static const char *program(void) {
    const char *name = getenv("WG_PROGRAM");
    return name ? name : "build/wengert";
}

/* Runs a shell command in which %s is the program; the exit status, stdout in `output`. */
static int run(const char *format, ...) {
    char arguments[2048], command[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "w='%s'; %s", program(), arguments);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t n = fread(output, 1, sizeof output - 1, pipe);
    output[n] = '\0';
    int status = pclose(pipe);
    ck_assert_msg(WIFEXITED(status), "%s: did not exit", command);
    return WEXITSTATUS(status);
}

static void has(const char *part) {
    ck_assert_msg(strstr(output, part) != NULL, "no \"%s\" in\n%s", part, output);
}

/* A folder with a small model trained on digits, made once a case. */
static const char *trained(void) {
    const char *dir = in_scratch("model");
    if (!is_file(in_scratch("model/model.safetensors")))
        ck_assert_int_eq(run("$w train --arch FC32-RELU --epochs 3 --quiet --out %s 2>&1", dir), 0);
    return dir;
}

/* A file of 24-bit BMP, h x w, grey by g(i, j) where tint is 0. */
static const char *put_bmp(const char *name, int h, int w, int tint) {
    unsigned char file[54 + 64 * 64 * 3] = {'B', 'M'};
    int row = (3 * w + 3) / 4 * 4, n = 54 + h * row;
    file[2] = (unsigned char)(n & 255);
    file[3] = (unsigned char)(n >> 8);
    file[10] = 54;
    file[14] = 40;
    file[18] = (unsigned char)w;
    file[22] = (unsigned char)h;
    file[26] = 1;
    file[28] = 24;
    for (int i = 0; i < h; ++i)
        for (int j = 0; j < w; ++j)
            for (int c = 0; c < 3; ++c)
                file[54 + i * row + 3 * j + c] = (unsigned char)(4 * i + 2 * j + tint * c);
    return put_file(name, file, (size_t)n);
}

/* ---- train ---------------------------------------------------------------------------------- */

START_TEST(train_text) {
    const char *dir = in_scratch("a");
    static const char command[] = "$w train --arch FC32-RELU --epochs 2 --lr 0.01 --seed 1";
    ck_assert_int_eq(run("%s --out %s 2>&1", command, dir), 0);
    has("digits: 1258 to train on, 180 to choose by, 359 held out; seed 1\n");
    has("FC32             32                         2080\n");
    has("epoch 1/2  loss ");
    has("epoch 2/2  loss ");
    has("%  validation loss ");
    has("the weights of epoch 2 are in ");
    double accuracy = 0;
    const char *last = strstr(output, "held-out accuracy ");
    ck_assert_ptr_nonnull(last);
    ck_assert_int_eq(sscanf(last, "held-out accuracy %lf %%\n", &accuracy), 1);
    ck_assert_msg(strcmp(strchr(last, '%'), "%\n") == 0, "more behind the last line: %s", last);
    ck_assert(accuracy > 30 && accuracy <= 100);
    ck_assert_int_eq(run("cat %s/log.csv", dir), 0);
    has("epoch,loss,accuracy,valid_loss,valid_accuracy,rate,seconds\n1,");
    has("\n2,");
    ck_assert_int_eq(run("%s --quiet --out %s", command, dir), 0);
    double again = 0; /* the same seed, the same result */
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf %%\n", &again), 1);
    check_near(again, accuracy, 0);
}
END_TEST

START_TEST(train_json) {
    ck_assert_int_eq(run("$w train --arch '' --epochs 2 --optim nesterov --lr 0.1 --loss svm "
                         "--json --valid 0 --schedule step --out %s 2>/dev/null",
                         in_scratch("b")), 0);
    ck_assert_int_eq(output[0], '{');
    ck_assert_str_eq(output + strlen(output) - 2, "}\n");
    has("\"optim\": \"nesterov\"");
    has("\"parameters\": 650");
    has("\"valid_accuracy\": null");
    has("\"best_epoch\": 2");
    has("\"stopped\": false");
    has("\"held_out\": {\"n\": 359, ");
    has("\"classes\": [\"0\", \"1\"");
}
END_TEST

START_TEST(train_profile) {
    ck_assert_int_eq(run("$w train --arch FC8-RELU --epochs 1 --quiet --profile --out %s",
                         in_scratch("p")), 0);
    has("a step, by gate           calls   forward");
    has("\nmatmul ");
    has("\nsoftmax_loss ");
    has("\n40 steps in ");
    has(" MB held: parameters ");
    ck_assert_int_eq(run("$w train --arch FC8-RELU --epochs 1 --quiet --profile --json --out %s",
                         in_scratch("p")), 0);
    has(", \"profile\": {\"sweeps\": 40, \"sweep_seconds\": ");
    has("{\"gate\": \"matmul\", \"forward_calls\": 80, \"reverse_calls\": 80, ");
    ck_assert_str_eq(output + strlen(output) - 5, "}]}}\n");
}
END_TEST

START_TEST(train_augment_and_sections) {
    static const char command[] = "$w train --arch CONV3x4-BN-RELU-FC8-RELU --epochs 2 --quiet";
    double plain, cut;
    ck_assert_int_eq(run("%s --augment flip,crop1 --out %s", command, in_scratch("q")), 0);
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf", &plain), 1);
    ck_assert_int_eq(run("%s --augment crop1,flip --sections 3 --out %s", command,
                         in_scratch("q")), 0);
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf", &cut), 1);
    check_near(cut, plain, 0);
    ck_assert_int_eq(run("%s --augment crop --out %s 2>&1", command, in_scratch("q")), 2);
    has("--augment takes flip, crop4 or flip,crop4, not \"crop\"");
    ck_assert_int_eq(run("%s --augment crop8 --out %s 2>&1", command, in_scratch("q")), 2);
    has("crops by 8 pixels of images 8 by 8");
    ck_assert_int_eq(run("%s --sections 0 --out %s 2>&1", command, in_scratch("q")), 2);
    has("--sections takes a whole number from 1 to 1000");
}
END_TEST

START_TEST(train_confusion) {
    ck_assert_int_eq(run("$w train --arch '' --epochs 1 --quiet --confusion --out %s",
                         in_scratch("c")), 0);
    has("    label  predicted\n                0      1      2");
    ck_assert_int_eq(run("$w train --arch '' --epochs 1 --quiet --test 0 --out %s",
                         in_scratch("c")), 0);
    ck_assert_str_eq(output, "no examples are held out\n");
}
END_TEST

START_TEST(train_spiral) {
    ck_assert_int_eq(run("$w train --data spiral --epochs 60 --quiet --out %s", in_scratch("d")),
                     0);
    double accuracy = 0;
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf", &accuracy), 1);
    ck_assert(accuracy > 80);
    ck_assert_int_eq(run("$w predict %s/model.safetensors x.png 2>&1", in_scratch("d")), 3);
    has("it takes 1 x 1 x 2 numbers, which are no image");
}
END_TEST

/* With everything frozen a second epoch changes nothing. */
START_TEST(train_frozen) {
    ck_assert_int_eq(run("$w train --data spiral --epochs 2 --freeze '*' --out %s 2>&1 && "
                         "cut -d, -f4,5 %s/log.csv | tail -n 2 | uniq | wc -l",
                         in_scratch("f"), in_scratch("f")), 0);
    has("6 parameters are frozen");
    ck_assert_str_eq(output + strlen(output) - 3, "\n1\n");
}
END_TEST

static void refused(int status, const char *arguments, const char *part) {
    ck_assert_msg(run("$w %s 2>/dev/null", arguments) == status, "%s: not %d", arguments, status);
    ck_assert_msg(output[0] == '\0', "%s: %s", arguments, output);
    run("$w %s 2>&1", arguments);
    has(part);
}

START_TEST(train_lints) {
    static const char command[] = "$w train --arch FC16-RELU --epochs 1 --quiet --out";
    const char *dir = in_scratch("lints");
    ck_assert_int_eq(run("%s %s --json 2>&1", command, dir), 0);
    has("\"lints\": []");
    ck_assert_ptr_null(strstr(output, "wengert train:"));
    ck_assert_int_eq(run("%s %s --decay 3 --json 2>&1", command, dir), 0);
    has("wengert train: regulariser: loss: before the first step the regulariser is ");
    has("\"lints\": [{\"kind\": \"regulariser\", \"subject\": \"loss\", \"text\": \"before");
    ck_assert_int_eq(run("%s %s --decay 3 --no-lint --json 2>&1", command, dir), 0);
    has("\"lints\": []");
    ck_assert_ptr_null(strstr(output, "wengert train:"));
    ck_assert_int_eq(run("%s %s --init 0 2>&1", command, dir), 0);
    has("wengert train: zero-gradient: fc1.w: its gradient is 0");
    has("wengert train: dead-units: relu above fc1.b: 16 of its 16 units");
    ck_assert_int_eq(run("export WG_DEBUG=nan,inf; %s %s 2>&1", command, dir), 0);
    ck_assert_ptr_null(strstr(output, "makes"));
    ck_assert_int_eq(run("export WG_DEBUG=inf; %s %s --optim sgd --lr 1e20 2>&1", command, dir), 1);
    has("wengert train: matmul makes ");
    has("; path: param fc1.w > ");
    has("the loss is nan; a smaller learning rate");
}
END_TEST

/* The gradient in training: two tables and one rule, an object, and nothing left behind. */
START_TEST(train_check_after) {
    const char *dir = in_scratch("unmade");
    ck_assert_int_eq(run("$w train --data moons --arch FC4-TANH --check-after 3 --decay 0.01 "
                         "--coordinates 2 --out %s 2>/dev/null", dir), 0);
    has("after 3 steps, on 8 examples: the data loss, ");
    has("fc1.b: 2 of 4 coordinates");
    has("\nthe regulariser, ");
    ck_assert_ptr_null(strstr(strstr(output, "accepted where") + 1, "accepted where"));
    ck_assert_int_eq(run("test -e %s", dir), 1);
    ck_assert_int_eq(run("$w train --data moons --arch FC4-TANH --check-after 0 --json 2>/dev/null"),
                     0);
    has("{\"verdict\": \"pass\", \"steps\": 0, \"examples\": 8, \"data\": {\"verdict\"");
    has(", \"regulariser\": null}\n");
}
END_TEST

START_TEST(train_mistakes) {
    static const struct {
        int status;
        const char *arguments, *part;
    } cases[] = {
        {2, "train --arch CONV3x8s3p0 --quiet", "(8 - 3 + 2*0)/3 + 1 = 2.67\n  CONV3x8s3p0\n  ^\n"},
        {2, "train --arch 'FC8-RLU' --quiet", "column 5: no layer RLU"},
        {2, "train --epochs 0", "--epochs takes a whole number from 1 to 1000000, not \"0\""},
        {2, "train --batch 1.5", "--batch takes a whole number"},
        {2, "train --coordinates 3", "--coordinates goes with --check-after"},
        {2, "train --check-after -1", "--check-after takes a whole number from 0"},
        {2, "train --check-after 1 --coordinates 0", "--coordinates takes a whole number from 1"},
        {2, "train --lr nan", "--lr takes a number from"},
        {2, "train --seed -1", "--seed takes a whole number"},
        {2, "train --optim adamw", "--optim takes one of sgd, momentum, nesterov, adam"},
        {2, "train --momentum 0.9", "--momentum is for sgd, momentum and nesterov"},
        {2, "train --loss mse", "--loss takes one of softmax, svm"},
        {2, "train --init small", "--init takes one of auto, xavier, he, glorot"},
        {2, "train --valid 0.6 --test 0.5", "leave nothing to train on"},
        {2, "train digits", "it takes options only"},
        {2, "train --data digitz --quiet", "digitz"},
        {3, "train --data mnist:/no/such --quiet", "/no/such"},
        {3, "train --quiet --out /dev/null", "/dev/null: not a folder"},
        {3, "train --quiet --out /no/such/folder", "/no/such/folder: No such file"},
        {1, "train --quiet --optim sgd --lr 1e20 --epochs 1 --out /tmp",
         "the loss is nan; a smaller learning rate than 1e+20 may help"},
        {2, "train --quiet --freeze 'conf*'",
         "no parameter's name matches \"conf*\"; the first is"},
        {2, "sample", "-o FILE.png is missing"},
        {2, "sample --data spiral -o x.png", "spiral has no images"},
        {2, "sample --index 359 -o x.png", "--index 359: 359 examples are held out"},
        {3, "sample -o /no/such/x.png", "/no/such/x.png: No such file"},
        {2, "predict m.safetensors", "it takes a model and images"},
        {3, "predict /no/such/m x.png", "/no/such/m"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; ++i)
        refused(cases[i].status, cases[i].arguments, cases[i].part);
}
END_TEST

/* ---- what interrupts ------------------------------------------------------------------------ */

static void wait_a_little(void) {
    struct timespec t = {0, 20000000};
    nanosleep(&t, NULL);
}

/* Ctrl-C in an endless run: it ends by itself, says so, and leaves a model that can be used. */
START_TEST(interrupted) {
    const char *log = in_scratch("err"), *out = in_scratch("e");
    pid_t child = fork();
    if (child == 0) {
        if (!freopen(log, "w", stderr) || !freopen(in_scratch("out"), "w", stdout)) _exit(99);
        execl(program(), program(), "train", "--arch", "FC16-RELU", "--epochs", "1000000",
              "--out", out, (char *)NULL);
        _exit(98);
    }
    for (int i = 0; i < 1000; ++i) { /* until an epoch was made */
        if (run("grep -c '^epoch 2/' %s", log) == 0) break;
        wait_a_little();
    }
    kill(child, SIGINT);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    ck_assert_int_eq(run("cat %s", log), 0);
    has("stopped; the weights of epoch ");
    ck_assert_int_eq(run("cat %s", in_scratch("out")), 0);
    has("held-out accuracy ");
    ck_assert_int_eq(run("$w sample -o %s && $w predict %s/model.safetensors %s",
                         in_scratch("x.png"), out, in_scratch("x.png")), 0);
}
END_TEST

/* A file that may not grow stands for a full disk: an error, and the old model is whole. */
START_TEST(disk_full) {
    const char *dir = trained();
    size_t n, after;
    unsigned char *before = get_file(in_scratch("model/model.safetensors"), &n);
    ck_assert_int_eq(run("ulimit -f 1; $w train --arch FC64-RELU --epochs 1 --quiet --out %s 2>&1",
                         dir), 3);
    has("model.safetensors");
    unsigned char *now = get_file(in_scratch("model/model.safetensors"), &after);
    ck_assert_uint_eq(after, n);
    ck_assert_int_eq(memcmp(before, now, n), 0);
    ck_assert_int_eq(count_entries(dir), 2); /* the model, the log, and no rest */
    free(before);
    free(now);
}
END_TEST

/* A reader that goes away costs neither the training nor the model. */
START_TEST(broken_pipe) {
    const char *dir = in_scratch("p");
    ck_assert_int_eq(run("{ $w train --arch '' --epochs 1 --out %s 2>&1; echo $? > %s; } | true",
                         dir, in_scratch("status")), 0);
    for (int i = 0; i < 500 && run("test -s %s", in_scratch("status")) != 0; ++i) wait_a_little();
    ck_assert_int_eq(run("cat %s", in_scratch("status")), 0);
    ck_assert_str_eq(output, "3\n"); /* the result could not be written, which is an error */
    ck_assert(is_file(in_scratch("p/model.safetensors")));
    ck_assert_int_eq(run("$w train --arch '' --epochs 1 --quiet --out %s > /dev/full 2>&1", dir),
                     3);
}
END_TEST

/* ---- predict -------------------------------------------------------------------------------- */

START_TEST(predict_sample) {
    const char *dir = trained(), *png = in_scratch("digit.png");
    ck_assert_int_eq(run("$w sample --seed 0 --index 7 -o %s", png), 0);
    char expected[512];
    snprintf(expected, sizeof expected, "%s: held-out example 7 of digits, class ", png);
    ck_assert_int_eq(strncmp(output, expected, strlen(expected)), 0);
    ck_assert_int_eq(run("$w predict %s/model.safetensors %s 2>&1", dir, png), 0);
    snprintf(expected, sizeof expected, "%s: ", png); /* nothing was resized */
    ck_assert_int_eq(strncmp(output, expected, strlen(expected)), 0);
    int class, second, third;
    double p, q, r;
    ck_assert_int_eq(sscanf(output + strlen(expected), "%d (%lf %%), then %d (%lf %%), %d (%lf %%)",
                            &class, &p, &second, &q, &third, &r), 6);
    ck_assert(p >= q && q >= r && r >= 0 && p + q + r <= 100.011);
    ck_assert(class != second && second != third && class != third);
}
END_TEST

/* The file that sample writes is the example itself: all of the data set comes back by predict's
 * own way of reading. */
START_TEST(sample_is_exact) {
    wg_error e;
    wg_dataset *d = wg_dataset_open("digits", &e);
    wg_partition s;
    ck_assert_int_eq(wg_dataset_split(d, 0.1, 0.2, 5, &s, &e), WG_OK);
    for (int i = 0; i < 3; ++i) {
        wg_image image;
        ck_assert_int_eq(run("$w sample --seed 5 --index %d -o %s", i, in_scratch("s.png")), 0);
        ck_assert_int_eq(wg_image_load(in_scratch("s.png"), &image, &e), WG_OK);
        ck_assert(image.height == 8 && image.width == 8 && image.channels == 1);
        for (int k = 0; k < 64; ++k)
            ck_assert_int_eq(image.pixels[k], lround(d->pixels[64 * s.test[i] + k] * 255 / 16.0));
        wg_image_clear(&image);
    }
    wg_partition_clear(&s);
    wg_dataset_free(d);
}
END_TEST

START_TEST(predict_fits) {
    const char *dir = trained(), *path = put_bmp("c.bmp", 20, 30, 9);
    ck_assert_int_eq(run("$w predict %s/model.safetensors %s 2>&1 >/dev/null", dir, path), 0);
    has("c.bmp: turned grey\n");
    has("c.bmp: resized from 20 x 30 to 8 x 8\n");
}
END_TEST

/* A file that cannot be read is reported and does not keep the others from their class. */
START_TEST(predict_goes_on) {
    const char *dir = trained();
    const char *a = put_bmp("a.bmp", 8, 8, 0), *text = put_file("text.png", "hello", 5);
    ck_assert_int_eq(run("$w predict %s/model.safetensors /no/such.png %s %s 2>%s", dir, text, a,
                         in_scratch("err")), 3);
    ck_assert_ptr_nonnull(strstr(output, "a.bmp: "));
    ck_assert_int_eq(run("cat %s", in_scratch("err")), 0);
    has("/no/such.png");
    has("text.png");
    ck_assert_int_eq(run("$w predict %s/model.safetensors --json /no/such.png %s 2>/dev/null", dir,
                         a), 3);
    ck_assert_int_eq(strncmp(output, "{\"model\": ", 10), 0);
    has("{\"file\": \"/no/such.png\", \"error\": \"");
    has("a.bmp\", \"class\": \"");
    has(", \"top\": [{\"class\": \"");
    ck_assert_str_eq(output + strlen(output) - 5, "}\n]}\n");
}
END_TEST

extern Suite *suite_cli_train(void);
Suite *suite_cli_train(void) {
    Suite *s = suite_create("cli_train");
    TCase *c = tcase_create("cli_train");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, train_text);
    tcase_add_test(c, train_json);
    tcase_add_test(c, train_profile);
    tcase_add_test(c, train_augment_and_sections);
    tcase_add_test(c, train_confusion);
    tcase_add_test(c, train_spiral);
    tcase_add_test(c, train_frozen);
    tcase_add_test(c, train_lints);
    tcase_add_test(c, train_check_after);
    tcase_add_test(c, train_mistakes);
    tcase_add_test(c, interrupted);
    tcase_add_test(c, disk_full);
    tcase_add_test(c, broken_pipe);
    tcase_add_test(c, predict_sample);
    tcase_add_test(c, sample_is_exact);
    tcase_add_test(c, predict_fits);
    tcase_add_test(c, predict_goes_on);
    suite_add_tcase(s, c);
    return s;
}
