/* fuse.h: elementwise gates pulled together: a run of them goes through memory once.
 *
 * The sweep that meets an elementwise array node asks for its group: nodes of the same shape below
 * it that can be pulled at once.  The group becomes one tile program (fuse_tiles.h), in which the
 * cotangents of inner nodes are buffers and the last pull adds into the target's gradient.  The
 * kernels, and for each gradient the order of additions, are those of the plain sweep: so are the
 * bits.
 *
 * Invariant: whatever adds to a member's cotangent, or to that of an operand of a member, comes
 * before the member in the plain sweep's order, and is done before it here. */
#ifndef WGI_FUSE_H
#define WGI_FUSE_H

#include "autograd/tape.h"

enum {
    WGI_FUSE_MEMBERS = 12,
    WGI_FUSE_OPERANDS = 3, /* of an elementwise gate, at most */
    WGI_FUSE_TARGETS = WGI_FUSE_MEMBERS * WGI_FUSE_OPERANDS
};

/* Nodes in descending order; the first is the one that the sweep is at. */
typedef struct wgi_fuse_group {
    int n;
    uint32_t member[WGI_FUSE_MEMBERS];
} wgi_fuse_group;

/* Cotangents of operands that were broadcast, in the shape of the group: temporaries of the tape,
 * to be summed and added by the sweep, in this order. */
typedef struct wgi_fuse_rest {
    int n;
    uint32_t target[WGI_FUSE_TARGETS];
    wg_var dx[WGI_FUSE_TARGETS];
} wgi_fuse_rest;

/* 1 if node i is an array made by an elementwise gate that a tile program can pull. */
int wgi_fuse_fits(const wg_tape *t, uint32_t i);
/* The group of node i, which fits, among the nodes from `low` on: those that are being swept. */
void wgi_fuse_collect(const wg_tape *t, uint32_t i, uint32_t low, wgi_fuse_group *group);
/* Hands the cotangent of node i and of its group on, and marks the members below i as pulled.  On
 * an error (MEMORY) no gradient was touched. */
wg_status wgi_fuse_pull(wg_tape *t, uint32_t i, uint32_t low, wgi_fuse_rest *rest);

#endif
