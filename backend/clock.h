/* clock.h: time that passes. */
#ifndef WGI_CLOCK_H
#define WGI_CLOCK_H

/* Seconds since some moment, never going back. */
double wgi_clock_seconds(void);

#endif
