/* program.h: the program as a shell sees it, for the tests of cli/. */
#ifndef TESTS_CLI_PROGRAM_H
#define TESTS_CLI_PROGRAM_H

#include "tests/data/files.h"

/* What the last command wrote to stdout, ended by a zero byte. */
extern char output[1 << 19];

/* The program: WG_PROGRAM, build/wengert where that is not set, as a path that holds in every
 * folder. */
const char *program_path(void);
/* Runs a shell command in which $w is the program; its exit status. */
int run_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Runs `wengert ARGUMENTS` in the scratch folder. */
int run_program(const char *arguments);

/* `part` is in the output. */
void has(const char *part);
/* `wengert ARGUMENTS` exits so, stdout stays empty, stderr has `part`. */
void fails(const char *arguments, int status, const char *part);
/* A folder with a small model trained on digits, made once a case. */
const char *trained(void);

#endif
