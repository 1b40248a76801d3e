/* fuse_tiles.h: a tile program: row kernels of elementwise gates run one after the other on a tile
 * of some thousand elements, then on the next tile, so that what lies between two gates stays in
 * the nearest cache.
 *
 * A step reads and writes slots.  A slot is an array in memory, of n elements side by side, or a
 * buffer of one tile.  Steps run in the order in which they were put; every kernel sees strides of
 * 1.  Threads share out the tiles: since an element depends on its own place alone, the bits do not
 * depend on where a tile begins. */
#ifndef WGI_FUSE_TILES_H
#define WGI_FUSE_TILES_H

#include "autograd/tape.h"
#include "backend/loops.h"

enum {
    WGI_TILE_BYTES = 3072, /* of a buffer, 768 floats: a dozen of them fit the nearest cache */
    WGI_TILES_SLOTS = 160, /* what a group of fuse.h may ask for: fuse.c holds it against these */
    WGI_TILES_STEPS = 72,
    WGI_TILES_GATHERS = 73
};

typedef enum {
    WGI_TILES_ARRAY,
    WGI_TILES_BUFFER,  /* what a step left there */
    WGI_TILES_FILLED,  /* one element, repeated: written once */
    WGI_TILES_GATHERED /* a tile of a strided array */
} wgi_tiles_kind;

typedef struct wgi_tiles_slot {
    wgi_tiles_kind kind;
    int buffer; /* its number, of what is no array */
    char *data; /* of the array, or the element that fills a buffer */
} wgi_tiles_slot;

/* A strided array that is copied to a buffer tile by tile: axes that lie in a line are merged. */
typedef struct wgi_tiles_gather {
    int slot, rank;
    int64_t dim[WG_MAX_RANK], stride[WG_MAX_RANK];
    const char *data;
} wgi_tiles_gather;

typedef struct wgi_tiles_step {
    wgi_row_pull *pull; /* out = g dy/dx_k; NULL: out = g + y */
    const void *attrs;
    int16_t out, g, y, x[3];
} wgi_tiles_step;

typedef struct wgi_tiles {
    int64_t n;    /* elements of every array */
    size_t bytes; /* of an element */
    wgi_loop *add;
    int n_slots, n_steps, n_gathers, n_buffers, n_free;
    int free[WGI_TILES_SLOTS]; /* buffers that no slot holds now */
    wgi_tiles_slot slot[WGI_TILES_SLOTS];
    wgi_tiles_step step[WGI_TILES_STEPS];
    wgi_tiles_gather gather[WGI_TILES_GATHERS];
    int64_t parts, buffer; /* for threads; bytes of a buffer */
    char *room;            /* n_buffers buffers for each part */
} wgi_tiles;

/* An empty program over arrays of n > 0 elements of a float type. */
void wgi_tiles_init(wgi_tiles *p, wg_dtype dtype, int64_t n);
/* The slot of v, an array of n elements or of one that stands for all, broadcast to `shape`: read
 * as it lies if it is dense, else through a buffer that is filled once or tile by tile. */
int wgi_tiles_value(wgi_tiles *p, const wg_value *v, const wg_value *shape);
/* The slot of a dense array that steps write, and read only after that. */
int wgi_tiles_array(wgi_tiles *p, void *data);
/* A buffer, its contents unset.  Slots whose contents are no longer needed are given back, which is
 * harmless for those that are no plain buffers. */
int wgi_tiles_buffer(wgi_tiles *p);
void wgi_tiles_drop(wgi_tiles *p, int slot);
/* Appends a step.  out may be one of the operands of the addition. */
void wgi_tiles_pull(wgi_tiles *p, wgi_row_pull *row, const void *attrs, int out, int g, int y,
                    const int *x);
void wgi_tiles_add(wgi_tiles *p, int out, int a, int b);
/* Takes the buffers from the arena, 0 without memory; and runs the program. */
int wgi_tiles_ready(wgi_tiles *p, wgi_arena *scratch);
void wgi_tiles_run(wgi_tiles *p);

#endif
