/* numbers.h: the texts of options as numbers and words. */
#ifndef CLI_NUMBERS_H
#define CLI_NUMBERS_H

#include <stdint.h>

/* Each takes a text, NULL where the option was not given, and then leaves *value alone.  They
 * return -1, or an exit status after a complaint that names command, option and what it takes. */
int wgi_option_whole(const char *command, const char *option, const char *text, int64_t lo,
                     int64_t hi, int64_t *value);
int wgi_option_seed(const char *command, const char *option, const char *text, uint64_t *value);
int wgi_option_real(const char *command, const char *option, const char *text, double lo, double hi,
                    double *value);
/* *value becomes the place of text in words, a NULL-ended list. */
int wgi_option_word(const char *command, const char *option, const char *text,
                    const char *const *words, int *value);

#endif
