/* backend.c: what this build computes with. */
#include "backend/backend.h"

const char *wg_backend_name(void) { return "portable"; }
