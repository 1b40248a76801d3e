/* profile_report.h: what training cost, on stdout. */
#ifndef CLI_PROFILE_REPORT_H
#define CLI_PROFILE_REPORT_H

#include "autograd/profile.h"

/* A table, a line a gate, per training step; seconds: what the whole training took. */
void wgi_profile_text(const wg_profile *profile, double seconds);
/* ', "profile": {...}', in totals. */
void wgi_profile_json(const wg_profile *profile);

#endif
