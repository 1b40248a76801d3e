/* optim.c: options, state, and the pass over the blocks; the formulas are the rules' affair.
 *
 * A block is a dtype's trainable numbers.  It is cut into stretches, runs of parameters that are
 * all subject to L2 decay or all not, all frozen or all not, so that a step is a handful of loops
 * whatever the number of parameters; frozen ones are left out.  Padding between parameters has
 * gradient zero and stays zero under every rule. */
#include "optim/rule.h"

#include "autograd/store.h"
#include "autograd/tape.h"
#include "backend/loops.h"
#include "backend/memory.h"
#include "backend/parallel.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GRAIN = WGI_GRAIN_ELEMENTS, SUM_BLOCK = 4096 };

static const wgi_rule *const rules[] = {&wgi_rule_sgd, &wgi_rule_momentum, &wgi_rule_nesterov,
                                        &wgi_rule_adam, NULL};

typedef struct stretch {
    size_t begin, end; /* in the block */
    int decays, frozen;
} stretch;

typedef struct block {
    size_t n;
    void *values, *grads;
    void *state[WGI_RULE_STATES];
    stretch *stretches;
    size_t n_stretches;
    double *sums; /* squared gradients, a number for each SUM_BLOCK elements */
} block;

struct wg_optim {
    const wgi_rule *rule;
    wg_params *params;
    wgi_step step;
    double decay, clip, norm;
    uint64_t freezes; /* of the store, when the blocks were cut */
    block block[2];   /* by dtype */
};

/* ---- options -------------------------------------------------------------------------------- */

static const wgi_rule *find_rule(const char *name) {
    for (size_t i = 0; name && rules[i]; ++i)
        if (strcmp(rules[i]->name, name) == 0) return rules[i];
    return NULL;
}

double wg_optim_default_rate(const char *name) {
    const wgi_rule *rule = find_rule(name);
    return rule ? rule->rate : (double)NAN;
}

const char *wg_optim_rule(size_t i) {
    return i < sizeof rules / sizeof *rules && rules[i] ? rules[i]->name : NULL;
}

static wg_status unknown_rule(const char *name, wg_error *error) {
    char list[160] = "";
    size_t used = 0;
    for (size_t i = 0; rules[i] && used < sizeof list; ++i)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i ? ", " : "",
                                 rules[i]->name);
    return wgi_error_to(error, WG_ERR_NAME, "no update rule %.40s; there is %s", name ? name : "",
                        list);
}

static double or_default(double given, double preset) { return given != 0 ? given : preset; }

/* lo <= value < hi, which NaN is not. */
static wg_status check(const char *what, double value, double lo, double hi, wg_error *error) {
    if (value >= lo && value < hi) return WG_OK;
    return wgi_error_to(error, WG_ERR_RANGE, "optimizer: %s %g; it is at least %g and below %g",
                        what, value, lo, hi);
}

static wg_status read_options(wg_optim *o, const wg_optim_options *given, wg_error *error) {
    wg_optim_options v;
    memset(&v, 0, sizeof v);
    if (given) memcpy(&v, given, given->size && given->size < sizeof v ? given->size : sizeof v);
    if (o->rule == &wgi_rule_sgd && v.momentum != 0) o->rule = &wgi_rule_momentum;
    wgi_step step = {.rate = or_default(v.rate, o->rule->rate),
                     .momentum = or_default(v.momentum, o->rule->momentum),
                     .beta1 = or_default(v.beta1, 0.9),
                     .beta2 = or_default(v.beta2, 0.999),
                     .eps = or_default(v.eps, 1e-8),
                     .scale = 1};
    o->step = step;
    o->decay = v.decay;
    o->clip = v.clip;
    wg_status s = check("rate", step.rate, 0, 1e30, error);
    if (s == WG_OK) s = check("momentum", step.momentum, 0, 1, error);
    if (s == WG_OK) s = check("beta1", step.beta1, 0, 1, error);
    if (s == WG_OK) s = check("beta2", step.beta2, 0, 1, error);
    if (s == WG_OK) s = check("eps", step.eps, 0, 1e30, error);
    if (s == WG_OK) s = check("decay", v.decay, 0, 1e30, error);
    if (s == WG_OK) s = check("clip", v.clip, 0, 1e300, error);
    return s;
}

/* ---- state ---------------------------------------------------------------------------------- */

/* Cuts the block into stretches.  Parameters of one dtype lie in order of creation; one reaches to
 * where the next begins. */
static void cut(wg_optim *o, wg_dtype dtype) {
    block *b = &o->block[dtype];
    size_t bytes = wg_dtype_size(dtype), n = 0;
    for (size_t i = 0; i < wg_params_count(o->params); ++i) {
        wg_param *p = wg_params_at(o->params, i);
        if (!wg_param_trainable(p) || wg_param_dtype(p) != dtype || !wg_param_data(p)) continue;
        size_t at = (size_t)((char *)wg_param_data(p) - (char *)b->values) / bytes;
        stretch s = {at, b->n, wg_param_shape(p).rank >= 2 && o->decay > 0, wg_param_frozen(p)};
        stretch *last = n > 0 ? &b->stretches[n - 1] : NULL;
        if (last && last->decays == s.decays && last->frozen == s.frozen) continue;
        if (last) last->end = at;
        b->stretches[n++] = s;
    }
    b->n_stretches = n;
}

/* Each parameter has room for a stretch of its own: nothing is allocated. */
static void cut_all(wg_optim *o) {
    cut(o, WG_F32);
    cut(o, WG_F64);
    o->freezes = wgi_params_freezes(o->params);
}

static wg_status allocate(wg_optim *o, wg_dtype dtype) {
    block *b = &o->block[dtype];
    wg_status s = wgi_params_block(o->params, dtype, &b->n, &b->values, &b->grads);
    if (s != WG_OK || b->n == 0) return s;
    for (int k = 0; k < o->rule->states; ++k)
        if (!(b->state[k] = wgi_alloc_zero(b->n * wg_dtype_size(dtype)))) return WG_ERR_MEMORY;
    b->stretches = wgi_alloc(wg_params_count(o->params) * sizeof *b->stretches);
    b->sums = wgi_alloc((b->n / SUM_BLOCK + 1) * sizeof *b->sums);
    return b->stretches && b->sums ? WG_OK : WG_ERR_MEMORY;
}

wg_optim *wg_optim_new(const char *name, wg_params *params, const wg_optim_options *options,
                       wg_error *error) {
    const wgi_rule *rule = find_rule(name);
    wgi_error_clear(error);
    if (!rule) {
        unknown_rule(name, error);
        return NULL;
    }
    if (!params) {
        wgi_error_to(error, WG_ERR_STATE, "optimizer: no parameter store");
        return NULL;
    }
    wg_optim *o = wgi_alloc_zero(sizeof *o);
    if (!o) {
        wgi_error_to(error, WG_ERR_MEMORY, "optimizer: no memory");
        return NULL;
    }
    o->rule = rule;
    o->params = params;
    wg_status s = read_options(o, options, error);
    if (s == WG_OK) s = allocate(o, WG_F32);
    if (s == WG_OK) s = allocate(o, WG_F64);
    if (s == WG_OK) {
        cut_all(o);
        return o;
    }
    wgi_error_to(error, s, "optimizer: no memory");
    wg_optim_free(o);
    return NULL;
}

void wg_optim_free(wg_optim *o) {
    if (!o) return;
    for (int d = 0; d < 2; ++d) {
        for (int k = 0; k < WGI_RULE_STATES; ++k) wgi_free(o->block[d].state[k]);
        wgi_free(o->block[d].stretches);
        wgi_free(o->block[d].sums);
    }
    wgi_free(o);
}

/* ---- the norm ------------------------------------------------------------------------------- */

/* Sums of squares over fixed blocks, so that the result does not depend on threads.  Places that
 * lie in a frozen stretch do not count. */
#define KERNEL_PART "optim/squares_part.h"
#include "backend/each_isa.h"

static double squares(wg_dtype dtype, const void *g, size_t begin, size_t end) {
    static double (*const loops[2][WGI_ISA_COUNT])(int64_t, const void *) = {
        WGI_BY_ISA(squares, f32), WGI_BY_ISA(squares, f64)};
    const char *at = (const char *)g + begin * wg_dtype_size(dtype);
    return loops[dtype][wgi_isa_chosen()]((int64_t)(end - begin), at);
}

typedef struct norm {
    const block *b;
    wg_dtype dtype;
} norm;

static void sum_blocks(int64_t begin, int64_t end, void *arg) {
    const norm *job = arg;
    const block *b = job->b;
    for (int64_t k = begin; k < end; ++k) {
        size_t from = (size_t)k * SUM_BLOCK, to = from + SUM_BLOCK < b->n ? from + SUM_BLOCK : b->n;
        double sum = 0;
        for (size_t i = 0; i < b->n_stretches; ++i) {
            const stretch *s = &b->stretches[i];
            size_t first = s->begin > from ? s->begin : from, last = s->end < to ? s->end : to;
            if (s->frozen || first >= last) continue;
            sum += squares(job->dtype, b->grads, first, last);
        }
        b->sums[k] = sum;
    }
}

static double grad_norm(wg_optim *o) {
    double sum = 0;
    for (int d = 0; d < 2; ++d) {
        block *b = &o->block[d];
        int64_t parts = (int64_t)((b->n + SUM_BLOCK - 1) / SUM_BLOCK);
        norm job = {b, (wg_dtype)d};
        wgi_parallel_for(parts, 4, sum_blocks, &job);
        for (int64_t k = 0; k < parts; ++k) sum += b->sums[k];
    }
    return sqrt(sum);
}

/* ---- the step ------------------------------------------------------------------------------- */

typedef struct pass {
    const wg_optim *o;
    const block *b;
    wgi_step step;
    size_t begin;
    wgi_isa isa;
    wg_dtype dtype;
} pass;

/* An update reads and writes so many arrays that the processor's own fetching ahead keeps up badly:
 * of a large block each is touched AHEAD elements before its turn (adam over 64 MB a quarter
 * faster). */
enum { PIECE = 256, AHEAD = 512, LARGE = 1 << 18 };

static void touch(const void *array, size_t at, size_t bytes) {
#if defined(__GNUC__)
    const char *line = (const char *)array + (at + AHEAD) * bytes;
    for (size_t i = 0; i < PIECE * bytes; i += 64) __builtin_prefetch(line + i);
#else
    (void)array, (void)at, (void)bytes;
#endif
}

static void touch_all(const pass *p, size_t at, size_t bytes) {
    touch(p->b->values, at, bytes);
    touch(p->b->grads, at, bytes);
    for (int k = 0; k < p->o->rule->states; ++k) touch(p->b->state[k], at, bytes);
}

static void update_f32(const pass *p, size_t at, int64_t n) {
    float *state[WGI_RULE_STATES] = {NULL, NULL};
    for (int k = 0; k < p->o->rule->states; ++k) state[k] = (float *)p->b->state[k] + at;
    p->o->rule->f32[p->isa](&p->step, n, (float *)p->b->values + at,
                            (const float *)p->b->grads + at, state);
}

static void update_f64(const pass *p, size_t at, int64_t n) {
    double *state[WGI_RULE_STATES] = {NULL, NULL};
    for (int k = 0; k < p->o->rule->states; ++k) state[k] = (double *)p->b->state[k] + at;
    p->o->rule->f64[p->isa](&p->step, n, (double *)p->b->values + at,
                            (const double *)p->b->grads + at, state);
}

static void update(int64_t begin, int64_t end, void *arg) {
    const pass *p = arg;
    const int large = end - begin >= LARGE;
    for (int64_t i = begin, n; i < end; i += n) {
        size_t at = p->begin + (size_t)i;
        n = large && end - i > PIECE ? PIECE : end - i;
        if (large && end - i > AHEAD + PIECE) touch_all(p, at, wg_dtype_size(p->dtype));
        if (p->dtype == WG_F32) update_f32(p, at, n);
        else update_f64(p, at, n);
    }
}

void wg_optim_step(wg_optim *o) {
    if (o->freezes != wgi_params_freezes(o->params)) cut_all(o);
    wgi_params_stepped(o->params);
    ++o->step.t;
    o->step.short1 = 1 - pow(o->step.beta1, (double)o->step.t);
    o->step.short2 = 1 - pow(o->step.beta2, (double)o->step.t);
    o->step.scale = 1;
    if (o->clip > 0) {
        o->norm = grad_norm(o);
        if (o->norm > o->clip) o->step.scale = o->clip / o->norm;
    }
    for (int d = 0; d < 2; ++d) {
        const block *b = &o->block[d];
        for (size_t i = 0; i < b->n_stretches; ++i) {
            const stretch *s = &b->stretches[i];
            if (s->frozen) continue;
            pass p = {o, b, o->step, s->begin, wgi_isa_chosen(), (wg_dtype)d};
            p.step.decay = s->decays ? o->decay : 0;
            wgi_parallel_for((int64_t)(s->end - s->begin), GRAIN, update, &p);
        }
    }
    wg_params_changed(o->params);
}

double wg_optim_rate(const wg_optim *o) { return o->step.rate; }
void wg_optim_set_rate(wg_optim *o, double rate) { o->step.rate = rate; }
uint64_t wg_optim_steps(const wg_optim *o) { return o->step.t; }
double wg_optim_grad_norm(const wg_optim *o) { return o->norm; }
