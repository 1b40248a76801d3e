/* digits_text.h: data/digits.csv as scripts/embed.sh compiles it in. */
#ifndef WGI_DIGITS_TEXT_H
#define WGI_DIGITS_TEXT_H

extern const char wgi_digits_text[]; /* a NUL follows the last byte */
extern const unsigned long wgi_digits_text_size;

#endif
