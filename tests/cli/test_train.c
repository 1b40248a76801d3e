/* The program's train, as a shell sees it. */
#define _POSIX_C_SOURCE 200809L
#include "tests/cli/program.h"

#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- train ---------------------------------------------------------------------------------- */

START_TEST(train_text) {
    const char *dir = in_scratch("a");
    static const char command[] = "$w train --arch FC32-RELU --epochs 2 --lr 0.01 --seed 1";
    ck_assert_int_eq(run_shell("%s --out %s 2>&1", command, dir), 0);
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
    ck_assert_int_eq(run_shell("cat %s/log.csv", dir), 0);
    has("epoch,loss,accuracy,valid_loss,valid_accuracy,rate,seconds\n1,");
    has("\n2,");
    ck_assert_int_eq(run_shell("%s --quiet --out %s", command, dir), 0);
    double again = 0; /* the same seed, the same result */
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf %%\n", &again), 1);
    check_near(again, accuracy, 0);
}
END_TEST

START_TEST(train_json) {
    ck_assert_int_eq(run_shell("$w train --arch '' --epochs 2 --optim nesterov --lr 0.1 --loss svm "
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
    ck_assert_int_eq(run_shell("$w train --arch FC8-RELU --epochs 1 --quiet --profile --out %s",
                         in_scratch("p")), 0);
    has("a step, by gate           calls   forward");
    has("\nmatmul ");
    has("\nsoftmax_loss ");
    has("\n40 steps in ");
    has(" MB held: parameters ");
    ck_assert_int_eq(run_shell("$w train --arch FC8-RELU --epochs 1 --quiet --profile --json --out %s",
                         in_scratch("p")), 0);
    has(", \"profile\": {\"sweeps\": 40, \"sweep_seconds\": ");
    has("{\"gate\": \"matmul\", \"forward_calls\": 80, \"reverse_calls\": 80, ");
    ck_assert_str_eq(output + strlen(output) - 5, "}]}}\n");
}
END_TEST

START_TEST(train_augment_and_sections) {
    static const char command[] = "$w train --arch CONV3x4-BN-RELU-FC8-RELU --epochs 2 --quiet";
    double plain, cut;
    ck_assert_int_eq(run_shell("%s --augment flip,crop1 --out %s", command, in_scratch("q")), 0);
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf", &plain), 1);
    ck_assert_int_eq(run_shell("%s --augment crop1,flip --sections 3 --out %s", command,
                         in_scratch("q")), 0);
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf", &cut), 1);
    check_near(cut, plain, 0);
    ck_assert_int_eq(run_shell("%s --augment crop --out %s 2>&1", command, in_scratch("q")), 2);
    has("--augment takes flip, crop4 or flip,crop4, not \"crop\"");
    ck_assert_int_eq(run_shell("%s --augment crop8 --out %s 2>&1", command, in_scratch("q")), 2);
    has("crops by 8 pixels of images 8 by 8");
    ck_assert_int_eq(run_shell("%s --sections 0 --out %s 2>&1", command, in_scratch("q")), 2);
    has("--sections takes a whole number from 1 to 1000");
}
END_TEST

START_TEST(train_confusion) {
    ck_assert_int_eq(run_shell("$w train --arch '' --epochs 1 --quiet --confusion --out %s",
                         in_scratch("c")), 0);
    has("    label  predicted\n                0      1      2");
    ck_assert_int_eq(run_shell("$w train --arch '' --epochs 1 --quiet --test 0 --out %s",
                         in_scratch("c")), 0);
    ck_assert_str_eq(output, "no examples are held out\n");
}
END_TEST

START_TEST(train_spiral) {
    ck_assert_int_eq(run_shell("$w train --data spiral --epochs 60 --quiet --out %s", in_scratch("d")),
                     0);
    double accuracy = 0;
    ck_assert_int_eq(sscanf(output, "held-out accuracy %lf", &accuracy), 1);
    ck_assert(accuracy > 80);
    ck_assert_int_eq(run_shell("$w predict %s/model.safetensors x.png 2>&1", in_scratch("d")), 3);
    has("it takes 1 x 1 x 2 numbers, which are no image");
}
END_TEST

/* With everything frozen a second epoch changes nothing. */
START_TEST(train_frozen) {
    ck_assert_int_eq(run_shell("$w train --data spiral --epochs 2 --freeze '*' --out %s 2>&1 && "
                         "cut -d, -f4,5 %s/log.csv | tail -n 2 | uniq | wc -l",
                         in_scratch("f"), in_scratch("f")), 0);
    has("6 parameters are frozen");
    ck_assert_str_eq(output + strlen(output) - 3, "\n1\n");
}
END_TEST

static void refused(int status, const char *arguments, const char *part) {
    ck_assert_msg(run_shell("$w %s 2>/dev/null", arguments) == status, "%s: not %d", arguments, status);
    ck_assert_msg(output[0] == '\0', "%s: %s", arguments, output);
    run_shell("$w %s 2>&1", arguments);
    has(part);
}

START_TEST(train_lints) {
    static const char command[] = "$w train --arch FC16-RELU --epochs 1 --quiet --out";
    const char *dir = in_scratch("lints");
    ck_assert_int_eq(run_shell("%s %s --json 2>&1", command, dir), 0);
    has("\"lints\": []");
    ck_assert_ptr_null(strstr(output, "wengert train:"));
    ck_assert_int_eq(run_shell("%s %s --decay 3 --json 2>&1", command, dir), 0);
    has("wengert train: regulariser: loss: before the first step the regulariser is ");
    has("\"lints\": [{\"kind\": \"regulariser\", \"subject\": \"loss\", \"text\": \"before");
    ck_assert_int_eq(run_shell("%s %s --decay 3 --no-lint --json 2>&1", command, dir), 0);
    has("\"lints\": []");
    ck_assert_ptr_null(strstr(output, "wengert train:"));
    ck_assert_int_eq(run_shell("%s %s --init 0 2>&1", command, dir), 0);
    has("wengert train: zero-gradient: fc1.w: its gradient is 0");
    has("wengert train: dead-units: relu above fc1.b: 16 of its 16 units");
    ck_assert_int_eq(run_shell("export WG_DEBUG=nan,inf; %s %s 2>&1", command, dir), 0);
    ck_assert_ptr_null(strstr(output, "makes"));
    ck_assert_int_eq(run_shell("export WG_DEBUG=inf; %s %s --optim sgd --lr 1e20 2>&1", command, dir), 1);
    has("wengert train: matmul makes ");
    has("; path: param fc1.w > ");
    has("the loss is nan; a smaller learning rate");
}
END_TEST

/* The gradient in training: two tables and one rule, an object, and nothing left behind. */
START_TEST(train_check_after) {
    const char *dir = in_scratch("unmade");
    ck_assert_int_eq(run_shell("$w train --data moons --arch FC4-TANH --check-after 3 --decay 0.01 "
                         "--coordinates 2 --out %s 2>/dev/null", dir), 0);
    has("after 3 steps, on 8 examples: the data loss, ");
    has("fc1.b: 2 of 4 coordinates");
    has("\nthe regulariser, ");
    ck_assert_ptr_null(strstr(strstr(output, "accepted where") + 1, "accepted where"));
    ck_assert_int_eq(run_shell("test -e %s", dir), 1);
    ck_assert_int_eq(run_shell("$w train --data moons --arch FC4-TANH --check-after 0 --json 2>/dev/null"),
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
        execl(program_path(), program_path(), "train", "--arch", "FC16-RELU", "--epochs", "1000000",
              "--out", out, (char *)NULL);
        _exit(98);
    }
    for (int i = 0; i < 1000; ++i) { /* until an epoch was made */
        if (run_shell("grep -c '^epoch 2/' %s", log) == 0) break;
        wait_a_little();
    }
    kill(child, SIGINT);
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 0);
    ck_assert_int_eq(run_shell("cat %s", log), 0);
    has("stopped; the weights of epoch ");
    ck_assert_int_eq(run_shell("cat %s", in_scratch("out")), 0);
    has("held-out accuracy ");
    ck_assert_int_eq(run_shell("$w sample -o %s && $w predict %s/model.safetensors %s",
                         in_scratch("x.png"), out, in_scratch("x.png")), 0);
}
END_TEST

/* A file that may not grow stands for a full disk: an error, and the old model is whole. */
START_TEST(disk_full) {
    const char *dir = trained();
    size_t n, after;
    unsigned char *before = get_file(in_scratch("model/model.safetensors"), &n);
    ck_assert_int_eq(run_shell("ulimit -f 1; $w train --arch FC64-RELU --epochs 1 --quiet --out %s 2>&1",
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
    ck_assert_int_eq(run_shell("{ $w train --arch '' --epochs 1 --out %s 2>&1; echo $? > %s; } | true",
                         dir, in_scratch("status")), 0);
    for (int i = 0; i < 500 && run_shell("test -s %s", in_scratch("status")) != 0; ++i) wait_a_little();
    ck_assert_int_eq(run_shell("cat %s", in_scratch("status")), 0);
    ck_assert_str_eq(output, "3\n"); /* the result could not be written, which is an error */
    ck_assert(is_file(in_scratch("p/model.safetensors")));
    ck_assert_int_eq(run_shell("$w train --arch '' --epochs 1 --quiet --out %s > /dev/full 2>&1", dir),
                     3);
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
    suite_add_tcase(s, c);
    return s;
}
