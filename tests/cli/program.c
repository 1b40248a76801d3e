/* program.c: see program.h */
#define _XOPEN_SOURCE 700 /* popen, realpath */
#include "tests/cli/program.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

char output[1 << 19];

const char *program_path(void) {
    static char path[PATH_MAX];
    const char *program = getenv("WG_PROGRAM");
    ck_assert_ptr_nonnull(realpath(program ? program : "build/wengert", path));
    return path;
}

int run_shell(const char *format, ...) {
    static char command[16384];
    va_list arguments;
    int n = snprintf(command, sizeof command, "w='%s'; ", program_path());
    va_start(arguments, format);
    n += vsnprintf(command + n, sizeof command - (size_t)n, format, arguments);
    va_end(arguments);
    ck_assert_int_lt(n, (int)sizeof command);
    FILE *pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    size_t read = fread(output, 1, sizeof output - 1, pipe);
    output[read] = '\0';
    int status = pclose(pipe);
    ck_assert_msg(WIFEXITED(status), "%s: did not exit", command);
    ck_assert_uint_lt(read, sizeof output - 1);
    return WEXITSTATUS(status);
}

int run_program(const char *arguments) {
    return run_shell("cd '%s' && \"$w\" %s", scratch(), arguments);
}

void has(const char *part) {
    ck_assert_msg(strstr(output, part) != NULL, "\"%s\" is not in\n%s", part, output);
}

void fails(const char *arguments, int status, const char *part) {
    int got = run_shell("cd '%s' && \"$w\" %s 2>/dev/null", scratch(), arguments);
    ck_assert_msg(got == status, "%s: %d, not %d", arguments, got, status);
    ck_assert_msg(output[0] == '\0', "%s: %s", arguments, output);
    run_shell("cd '%s' && \"$w\" %s 2>&1", scratch(), arguments);
    ck_assert_msg(strstr(output, part) != NULL, "%s: %s", arguments, output);
}

const char *trained(void) {
    const char *dir = in_scratch("model");
    if (!is_file(in_scratch("model/model.safetensors")))
        ck_assert_int_eq(run_shell("$w train --arch FC32-RELU --epochs 3 --quiet --out %s 2>&1", dir), 0);
    return dir;
}
