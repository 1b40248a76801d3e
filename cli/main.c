/* main.c: the program wengert: a table of subcommands. */
#define _POSIX_C_SOURCE 200809L /* fcntl, open */
#include "cli/cli.h"
#include "autograd/debug.h"
#include "graph/parse.h"

#include "backend/backend.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct command {
    const char *name, *summary;
    int (*run)(int argc, char **argv);
} command;

static const command commands[] = {
    {"grad", "value and gradient of an expression", wgi_cli_grad},
    {"check", "the gradient of an expression against difference quotients", wgi_cli_check},
    {"graph", "the graph of an expression as a picture or as JSON", wgi_cli_graph},
    {"train", "train a network on labelled images, save it and test it", wgi_cli_train},
    {"predict", "classify image files with a saved model", wgi_cli_predict},
    {"sample", "one held-out example as an image file", wgi_cli_sample},
    {"gates", "the gates that expressions can call", wgi_cli_gates},
    {"bench", "times scalar expressions and training steps", wgi_cli_bench},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static const command *find(const char *name) {
    for (size_t i = 0; i < COMMANDS; ++i)
        if (strcmp(commands[i].name, name) == 0) return &commands[i];
    return NULL;
}

static void help(FILE *out) {
    fputs("usage: wengert COMMAND ...\n\n"
          "Automatic differentiation by the list of elementary operations that R. E. Wengert\n"
          "described in 1964.\n\n",
          out);
    for (size_t i = 0; i < COMMANDS; ++i)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("  help      the manual of a command: wengert help grad\n\n"
          "  --version the version and the numeric libraries in use\n\n"
          "Exit status: 0 fine; 1 a check failed; 2 wrong usage, syntax, unknown name, shapes\n"
          "that do not fit; 3 bad data or file; 4 a check stayed inconclusive or on a kink.\n\n"
          "With WG_DEBUG=nan,inf in the environment the first gate that makes a NaN or an\n"
          "infinity is named on standard error.\n",
          out);
}

static int unknown(const char *name) {
    wgi_suggestion near = wgi_suggest(name, strlen(name));
    char hint[64];
    for (size_t i = 0; i < COMMANDS; ++i)
        wgi_suggest_from(&near, commands[i].name, strlen(commands[i].name));
    fprintf(stderr, "wengert: unknown command \"%s\"%s\nTry wengert --help.\n", name,
            wgi_suggest_text(&near, hint, sizeof hint));
    return WGI_EXIT_USAGE;
}

/* wengert help [COMMAND] */
static int help_on(int argc, char **argv) {
    char flag[] = "--help", *words[] = {NULL, flag, NULL};
    if (argc < 2) {
        help(stdout);
        return WGI_EXIT_FINE;
    }
    const command *c = find(argv[1]);
    if (!c) return unknown(argv[1]);
    words[0] = argv[1];
    return c->run(2, words);
}

static void check_debug_words(void) {
    const char *text = getenv("WG_DEBUG");
    unsigned what = 0;
    if (!wgi_debug_words(text, &what))
        fprintf(stderr, "wengert: warning: WG_DEBUG is nan, inf or nan,inf, not \"%s\"\n", text);
}

static int run(int argc, char **argv) {
    if (argc < 2) {
        help(stderr);
        return WGI_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("wengert %s (%s)\n", WG_VERSION, wg_backend_name());
        return WGI_EXIT_FINE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        help(stdout);
        return WGI_EXIT_FINE;
    }
    if (strcmp(argv[1], "help") == 0) return help_on(argc - 1, argv + 1);
    const command *c = find(argv[1]);
    return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}

/* Of a standard stream that is closed the next file that is opened would get the number, and what
 * is printed would go into that file.  These take the number, and fail when they are used. */
static void hold_closed_streams(void) {
    for (int fd = 0; fd <= STDERR_FILENO; ++fd)
        if (fcntl(fd, F_GETFD) < 0) (void)open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv) {
    hold_closed_streams();
    check_debug_words();
    int status = run(argc, argv);
    if ((fflush(stdout) != 0 || ferror(stdout)) && status == WGI_EXIT_FINE) {
        fputs("wengert: standard output could not be written\n", stderr);
        status = WGI_EXIT_DATA;
    }
    return status;
}
