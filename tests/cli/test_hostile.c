/* The program given what it should not be given: each row of the table is a command, the exit
 * status that it must end with, and a part of what it must say on stderr.  Rows run in one folder
 * of scratch files, which `prepare` makes. */
#include "tests/cli/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs a shell command with $w the program and $d the scratch folder; its status, stderr in the
 * output. */
static int shell(const char *command) {
    return run_shell("d='%s'; { %s; } 2>&1 >/dev/null", in_scratch("h"), command);
}

typedef struct row {
    int status;
    const char *command, *part;
} row;

static const char npy_of_rank_9[] = "\x93NUMPY\x01\x00\x52\x00{'descr': '<f8', 'fortran_order': "
                                    "False, 'shape': (1,1,1,1,1,1,1,1,1), }         ";

/* A small model, an image, and files that are neither. */
static void prepare(void) {
    static const char text[] = "this is no image\n";
    static char numbers[sizeof npy_of_rank_9 - 1 + 8];
    ck_assert_int_eq(shell("mkdir -p $d/full/model.safetensors"), 0);
    put_file("h/text", text, sizeof text - 1);
    put_file("h/empty", text, 0);
    memcpy(numbers, npy_of_rank_9, sizeof npy_of_rank_9 - 1);
    put_file("h/rank9.npy", numbers, sizeof numbers);
    if (!is_file(in_scratch("h/m/model.safetensors")))
        ck_assert_int_eq(shell("$w train --arch FC2 --epochs 1 --quiet --out $d/m"), 0);
    ck_assert_int_eq(shell("$w sample -o $d/digit.png"), 0);
}

static void hold(const row *rows) {
    prepare();
    for (const row *r = rows; r->command; ++r) {
        int status = shell(r->command);
        ck_assert_msg(status == r->status, "%s: exit %d, expected %d: %.999s", r->command, status,
                      r->status, output);
        ck_assert_msg(strstr(output, r->part), "%s: \"%s\" is not in: %.999s", r->command, r->part,
                      output);
    }
}

/* ---- expressions and values ------------------------------------------------------------------ */

static const row words[] = {
    {2, "$w", "usage: wengert COMMAND"},
    {2, "$w gard", "did you mean \"grad\"?"},
    {2, "$w grad", "an expression is missing"},
    {2, "$w grad ''", "an operand is missing"},
    {2, "$w grad ';'", "where an operand is expected"},
    {2, "$w grad x x=", "a number is missing"},
    {2, "$w grad x =3", "is not NAME=VALUE"},
    {2, "$w grad x x=1 x=2", "x is given twice"},
    {2, "$w grad x x=1 --dtype", "--dtype needs a value"},
    {2, "$w grad x x=1 --dtype f32 --dtype f64", "--dtype is given twice"},
    {2, "$w grad x x=1 --json=1", "--json takes no value"},
    {2, "$w grad 'sum(x)' 'x=[[1,2],[3]]'", "ragged list"},
    {2, "$w grad x x=0x10", "\"x10\" where the end is expected"},
    {2, "$w grad \"$(printf 'x\\377')\" x=1", "a character that means nothing here"},
    {2, "$w grad \"$(printf '%050000d' 0 | tr 0 '(')\" x=1", "nest"},
    {2, "$w grad \"0$(printf '%050000d' 0 | tr 0 '-')x\" x=1", "nest"},
    {0, "$w grad \"x$(printf '%050000d' 0 | sed 's/0/+x/g')\" x=1", ""},
    {0, "$w grad x x=1e999", ""},
    {0, "$w grad x x=-nan", ""},
    {0, NULL, NULL},
};
static const row files[] = {
    {3, "$w grad x x=@", "a file's name is missing behind @"},
    {3, "$w grad x x=@$d/missing.npy", "missing.npy: No such file or directory"},
    {3, "$w grad x x=@$d", "Is a directory"},
    {3, "$w grad x x=@$d/empty", "ends after 0 bytes"},
    {3, "$w grad x x=@$d/digit.png", "not a .npy file"},
    {3, "$w grad x x=@$d/rank9.npy", "a rank above 8"},
    {3, "$w grad x x=@/dev/zero", "not a .npy file"},
    {3, "$w graph x x=1 -o $d/no/x.dot", "no/x.dot: cannot be written"},
    {3, "$w graph x x=1 --format dot -o $d", "is a folder, not a file"},
    {3, "$w graph x x=1 --format dot -o /dev/full", "is a device or a pipe"},
    {0, NULL, NULL},
};

START_TEST(test_words) { hold(words); }
END_TEST
START_TEST(test_files) { hold(files); }
END_TEST

/* ---- training and predicting ----------------------------------------------------------------- */

static const row training[] = {
    {2, "$w train --epochs 0", "--epochs takes a whole number from 1"},
    {2, "$w train --epochs 99999999999999999999", "--epochs takes a whole number from 1"},
    {2, "$w train --batch 0", "--batch takes a whole number from 1"},
    {2, "$w train --lr -1", "--lr takes a number from"},
    {2, "$w train --lr nan", "--lr takes a number from"},
    {2, "$w train --seed -1", "--seed takes a whole number from 0"},
    {2, "$w train --data nope", "unknown data set \"nope\""},
    {2, "$w train --data mnist:", "needs its folder"},
    {2, "$w train --arch 'FC10)'", "column 5"},
    {2, "$w train --arch '(FC10)*1000000000'", "a group comes 0 to 1024 times"},
    {2, "$w train --arch '((((((FC10)*100)*100)*100)*100)*100)*100'", "more than 1024 layers"},
    {2, "$w train --arch POOL9", "(8 - 9 + 2*0)/9 + 1 = 0.89"},
    {2, "$w train --arch CONV3x8s3p0", "(8 - 3 + 2*0)/3 + 1 = 2.67"},
    {2, "$w train --arch DROP1.5", "the probability of keeping must be"},
    {2, "$w train --out ''", "--out is empty"},
    {3, "$w train --data mnist:$d/no --out $d/x", "no such file"},
    {3, "$w train --data cifar10:$d/no --out $d/x", "No such file"},
    {3, "$w train --data images:$d/m --out $d/x", "no class folders"},
    {3, "$w train --arch FC2 --out $d/text", "text: not a folder"},
    {3, "$w train --arch FC2 --out $d/no/sub", "No such file or directory"},
    {3, "$w train --arch FC2 --out $d/full", "model.safetensors: is a folder"},
    {0, "$w train --arch FC2 --epochs 1 --batch 100000 --out $d/x", "epoch 1/1"},
    {0, NULL, NULL},
};
static const row predicting[] = {
    {2, "$w predict $d/m/model.safetensors", "it takes a model and images"},
    {3, "$w predict $d/no $d/digit.png", "No such file or directory"},
    {3, "$w predict $d $d/digit.png", "Is a directory"},
    {3, "$w predict $d/empty $d/digit.png", "ends after 0 bytes"},
    {3, "$w predict $d/digit.png $d/digit.png", "not safetensors"},
    {3, "$w predict /dev/zero $d/digit.png", "not safetensors"},
    {3, "$w predict $d/m/model.safetensors $d/no.png", "no.png: No such file or directory"},
    {3, "$w predict $d/m/model.safetensors $d", "not a file but a folder"},
    {3, "$w predict $d/m/model.safetensors $d/empty", "empty: empty"},
    {3, "$w predict $d/m/model.safetensors $d/text", "no PNG, JPEG or BMP image"},
    {3, "$w predict $d/m/model.safetensors /dev/zero", "not a file"},
    {0, NULL, NULL},
};

START_TEST(test_training) { hold(training); }
END_TEST
START_TEST(test_predicting) { hold(predicting); }
END_TEST

/* A folder that takes no model is found out before training, not after it. */
START_TEST(test_out_is_tried_first) {
    prepare();
    ck_assert_int_eq(shell("$w train --arch FC2 --epochs 1 --out $d/full"), 3);
    ck_assert_ptr_null(strstr(output, "epoch 1"));
}
END_TEST

/* ---- streams --------------------------------------------------------------------------------- */

/* With a standard stream closed, the next file must not take its place. */
static const row streams[] = {
    {3, "$w grad x x=1 >/dev/full", "standard output could not be written"},
    {3, "$w grad x x=1 >&-", "standard output could not be written"},
    {3, "$w sample -o $d/closed.png >&-", "standard output could not be written"},
    {0, "cmp $d/closed.png $d/digit.png", ""},
    {0, "$w grad x x=1 <&-", ""},
    {0, "$w train --arch FC2 --epochs 1 --out $d/closed 2>&-", ""},
    {0, "$w train --arch FC2 --epochs 1 --out $d/open --quiet", ""},
    {0, "cmp $d/closed/model.safetensors $d/open/model.safetensors", ""},
    {2, "$w grad '' 2>&-", ""},
    {0, NULL, NULL},
};
START_TEST(test_streams) { hold(streams); }
END_TEST

extern Suite *suite_cli_hostile(void);
Suite *suite_cli_hostile(void) {
    Suite *s = suite_create("cli_hostile");
    TCase *c = tcase_create("hostile");
    tcase_set_timeout(c, 120);
    tcase_add_checked_fixture(c, NULL, scratch_clear);
    tcase_add_test(c, test_words);
    tcase_add_test(c, test_files);
    tcase_add_test(c, test_training);
    tcase_add_test(c, test_predicting);
    tcase_add_test(c, test_out_is_tried_first);
    tcase_add_test(c, test_streams);
    suite_add_tcase(s, c);
    return s;
}
