/* args.c: options and words of a command line, and complaints. */
#include "cli/cli.h"

#include "autograd/tape.h"
#include "graph/parse.h"

#include <stdarg.h>
#include <string.h>

int wgi_complain(const char *name, int status, const char *format, ...) {
    va_list args;
    fflush(stdout);
    fprintf(stderr, "wengert %s: ", name);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return status;
}

int wgi_exit_of(wg_status status) {
    switch (status) {
    case WG_OK: return WGI_EXIT_FINE;
    case WG_ERR_CHECK: return WGI_EXIT_CHECK;
    case WG_ERR_VALUE:
    case WG_ERR_FILE:
    case WG_ERR_FORMAT:
    case WG_ERR_MEMORY: return WGI_EXIT_DATA;
    default: return WGI_EXIT_USAGE;
    }
}

int wgi_complain_of_tape(const char *name, const wg_tape *tape) {
    int status = tape->error_of_data ? WGI_EXIT_DATA : wgi_exit_of(wg_tape_status(tape));
    return wgi_complain(name, status, "%s", wg_tape_message(tape));
}

void wgi_tell_of_debug(const char *name, wg_tape *tape) {
    const char *text = wg_tape_debug_message(tape);
    if (*text) wgi_complain(name, 0, "%s", text);
}

static void print_help(const wgi_usage *usage, const wgi_option *options) {
    printf("usage: wengert %s %s\n\n%s\n", usage->name, usage->synopsis, usage->text);
    for (const wgi_option *o = options; o->name; ++o) {
        int n = printf("  %s%s%s", o->name, o->value ? " " : "", o->value ? o->value : "");
        printf("%*s%s\n", n < 24 ? 24 - n : 1, "", o->help);
    }
    printf("  %-22s%s\n\n%s", "--help", "this text", usage->examples);
}

/* The option that begins `word`; *value is set to what follows a '=', else to NULL. */
static const wgi_option *find(const wgi_option *options, const char *word, const char **value) {
    size_t n = strncmp(word, "--", 2) == 0 ? strcspn(word, "=") : strlen(word);
    *value = word[n] == '=' ? word + n + 1 : NULL;
    for (const wgi_option *o = options; o->name; ++o)
        if (strlen(o->name) == n && strncmp(o->name, word, n) == 0) return o;
    return NULL;
}

static int unknown(const wgi_usage *usage, const wgi_option *options, const char *word) {
    size_t n = strcspn(word, "=");
    wgi_suggestion near = wgi_suggest(word, n);
    char hint[64];
    for (const wgi_option *o = options; o->name; ++o)
        wgi_suggest_from(&near, o->name, strlen(o->name));
    wgi_suggest_from(&near, "--help", 6);
    return wgi_complain(usage->name, WGI_EXIT_USAGE,
                        "unknown option \"%.*s\"%s\nTry wengert help %s; -- ends the options.",
                        (int)n, word, wgi_suggest_text(&near, hint, sizeof hint), usage->name);
}

/* Takes option o at argv[*i], and argv[*i + 1] where that is its value. */
static int take(const wgi_usage *usage, const wgi_option *o, const char *value, int argc,
                char **argv, int *i) {
    if (!o->value) {
        *o->flag = 1;
        return value ? wgi_complain(usage->name, WGI_EXIT_USAGE, "%s takes no value", o->name) : -1;
    }
    if (*o->text)
        return wgi_complain(usage->name, WGI_EXIT_USAGE, "%s is given twice", o->name);
    if (!value && *i + 1 < argc) value = argv[++*i];
    if (!value)
        return wgi_complain(usage->name, WGI_EXIT_USAGE, "%s needs a value: %s", o->name, o->value);
    *o->text = value;
    return -1;
}

int wgi_args(const wgi_usage *usage, const wgi_option *options, int argc, char **argv,
             int *words) {
    int options_end = 0;
    *words = 0;
    for (int i = 1; i < argc; ++i) {
        const char *value = NULL, *word = argv[i];
        const wgi_option *o = options_end || *word != '-' ? NULL : find(options, word, &value);
        int status = -1;
        if (options_end || (!o && strncmp(word, "--", 2) != 0 && strcmp(word, "-h") != 0)) {
            argv[++*words] = argv[i];
        } else if (strcmp(word, "--") == 0) {
            options_end = 1;
        } else if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
            print_help(usage, options);
            return WGI_EXIT_FINE;
        } else {
            status = o ? take(usage, o, value, argc, argv, &i) : unknown(usage, options, word);
        }
        if (status >= 0) return status;
    }
    return -1;
}
