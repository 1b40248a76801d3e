/* check_report.h: a gradient check's report in its three forms, to stdout. */
#ifndef WGI_CHECK_REPORT_H
#define WGI_CHECK_REPORT_H

#include "check/check.h"

/* The exit status that a verdict calls for; see check.c. */
int wgi_verdict_exit(wg_verdict verdict);
/* One JSON object, and a line of its own with it. */
void wgi_check_json_object(const wg_gradcheck_report *r);
void wgi_check_json(const wg_gradcheck_report *r);
/* A header, then a line a name (RFC 4180, lines end in \n). */
void wgi_check_csv(const wg_gradcheck_report *r);
/* For people; verdicts in colour where stdout is a terminal and NO_COLOR is not set. */
void wgi_check_table(const wg_gradcheck_report *r);

#endif
