/* numbers.c: see numbers.h */
#include "cli/numbers.h"

#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int wgi_option_whole(const char *command, const char *option, const char *text, int64_t lo,
                     int64_t hi, int64_t *value) {
    char *end;
    if (!text) return -1;
    errno = 0;
    long long v = strtoll(text, &end, 10);
    if (end == text || *end || errno || v < lo || v > hi)
        return wgi_complain(command, WGI_EXIT_USAGE,
                            "%s takes a whole number from %lld to %lld, not \"%s\"", option,
                            (long long)lo, (long long)hi, text);
    *value = v;
    return -1;
}

int wgi_option_seed(const char *command, const char *option, const char *text, uint64_t *value) {
    char *end;
    if (!text) return -1;
    errno = 0;
    unsigned long long v = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end || errno)
        return wgi_complain(command, WGI_EXIT_USAGE,
                            "%s takes a whole number from 0 to 2^64 - 1, not \"%s\"", option, text);
    *value = v;
    return -1;
}

int wgi_option_real(const char *command, const char *option, const char *text, double lo, double hi,
                    double *value) {
    char *end;
    if (!text) return -1;
    double v = strtod(text, &end);
    if (end == text || *end || !(v >= lo && v <= hi))
        return wgi_complain(command, WGI_EXIT_USAGE,
                            "%s takes a number from %g to %g, not \"%s\"", option, lo, hi, text);
    *value = v;
    return -1;
}

int wgi_option_word(const char *command, const char *option, const char *text,
                    const char *const *words, int *value) {
    char list[160] = "";
    if (!text) return -1;
    for (int i = 0; words[i]; ++i) {
        if (strcmp(words[i], text) == 0) {
            *value = i;
            return -1;
        }
        size_t used = strlen(list);
        snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "", words[i]);
    }
    return wgi_complain(command, WGI_EXIT_USAGE, "%s takes one of %s, not \"%s\"", option, list,
                        text);
}
