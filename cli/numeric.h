/* numeric.h: the page on which a course computes a gradient by hand: wengert grad --numeric. */
#ifndef WGI_CLI_NUMERIC_H
#define WGI_CLI_NUMERIC_H

#include "cli/cli.h"

/* Reads --step into *h; -1 to go on, or the exit status of a complaint: options that need --numeric,
 * or that do not go with it (others != 0). */
int wgi_numeric_options(int numeric, int central, const char *step, int others, double *h);
/* A line for each coordinate: W, W + h, the root there, dW, and the analytic gradient.  The exit
 * status. */
int wgi_numeric_page(const wgi_inputs *in, double h, int central);

#endif
