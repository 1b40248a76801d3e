/* random_graph.h: graphs drawn from the registry by seed.
 *
 * A graph grows by steps: a gate with operands made to fit out of older values (views of them,
 * gathers, casts), a gate with whatever handles there are and attributes out of any range, a leaf,
 * a section without gradients, a mark and its release.  Two graphs of one seed are the same.  Odd
 * seeds are wide: all floats are float64, and all have gradients, so that difference quotients tell
 * whether they are right. */
#ifndef TESTS_RANDOM_GRAPH_H
#define TESTS_RANDOM_GRAPH_H

#include "tests/ops/registry_helpers.h"

enum { GRAPH_LIVE = 48, GRAPH_LEAVES = 12, GRAPH_DEAD = 8, GRAPH_ELEMENTS = 512 };

typedef struct graph {
    wg_tape *t, *other; /* other: of another tape, to be refused */
    uint64_t seed, random;
    wg_var live[GRAPH_LIVE]; /* finite values of at most GRAPH_ELEMENTS elements */
    size_t n_live;
    wg_var leaf[GRAPH_LEAVES]; /* those of them that want a gradient */
    size_t n_leaf;
    wg_var dead[GRAPH_DEAD];
    size_t n_dead;
    int wide;         /* no float32, no section without gradients */
    int cut;          /* some value was made in a section without gradients */
    uint64_t hash;    /* of all numbers made */
    const char *gate; /* tried last, for messages */
} graph;

void graph_init(graph *g, uint64_t seed);
/* Forgets all values; from the same seed the same graph grows again. */
void graph_restart(graph *g);
void graph_clear(graph *g);
void graph_step(graph *g);
/* A value in [0, n). */
size_t graph_random(graph *g, size_t n);
/* <v, c> for a random constant c, in float64, or WG_NONE where v is no float. */
wg_var graph_project(graph *g, wg_var v);
/* Forgets the handles of values from index `count` on. */
void graph_forget(graph *g, uint32_t count);
void graph_mix(graph *g, const void *data, size_t bytes);

/* An allocator that fills what it gives with one byte and refuses large blocks. */
void graph_allocator(int fill);

#endif
