/* scan_attrs.h: the attribute rows and presets that the files of scans share. */
#include "ops/scan.h"

static const wg_attr attrs[] = {
    {.name = "axis", .kind = WG_ATTR_AXIS, .offset = offsetof(struct wgi_scan_attrs, along.axis),
     .doc = "the axis to run along"},
    {.name = "reverse", .kind = WG_ATTR_BOOL, .offset = offsetof(struct wgi_scan_attrs, reverse),
     .doc = "1 runs from the end to the front"},
    {.name = NULL},
};
static const struct wgi_scan_attrs first = {{0}, 0}, last = {{-1}, 0}, backwards = {{0}, 1};
