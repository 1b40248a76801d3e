/* profile_report.c: see profile_report.h */
#include "cli/profile_report.h"

#include "cli/cli.h"

#include <inttypes.h>
#include <stdio.h>

static const double MEGA = 1e6;

/* "12.3" thousand millions of operations a second, or "-" where there was no time. */
static void print_rate(double work, double seconds) {
    if (seconds > 0 && work > 0) printf(" %9.1f", work / seconds * 1e-9);
    else printf(" %9s", "-");
}

static void print_gate(const wg_gate_cost *g, double steps, double seconds) {
    double own = g->forward_seconds + g->reverse_seconds;
    printf("%-22s %8.1f %9.3f", g->gate, (double)g->forward_calls / steps,
           1e3 * g->forward_seconds / steps);
    print_rate(g->forward_work, g->forward_seconds);
    printf(" %9.3f", 1e3 * g->reverse_seconds / steps);
    print_rate(g->reverse_work, g->reverse_seconds);
    printf(" %5.1f %% %9.2f\n", 100 * own / seconds, g->bytes / steps / MEGA);
}

static void print_rest(const char *name, double rest, double steps, double seconds) {
    printf("%-22s %8s %9.3f %9s %9s %9s %5.1f %%\n", name, "", 1e3 * rest / steps, "", "", "",
           100 * rest / seconds);
}

void wgi_profile_text(const wg_profile *p, double seconds) {
    double steps = p->sweeps ? (double)p->sweeps : 1, forward = 0, reverse = 0;
    printf("%-22s %8s %9s %9s %9s %9s %7s %9s\n", "a step, by gate", "calls", "forward", "Gop/s",
           "reverse", "Gop/s", "time", "MB made");
    printf("%-22s %8s %9s %9s %9s\n", "", "", "ms", "", "ms");
    for (size_t i = 0; i < p->n; ++i) {
        forward += p->gates[i].forward_seconds;
        reverse += p->gates[i].reverse_seconds;
        print_gate(&p->gates[i], steps, seconds);
    }
    double engine = p->sweep_seconds - reverse > 0 ? p->sweep_seconds - reverse : 0;
    print_rest("sweep, without gates", engine, steps, seconds);
    print_rest("data, optimizer, tests", seconds - forward - reverse - engine, steps, seconds);
    printf("%" PRIu64 " steps in %.2f s; MB held: parameters %.1f, nodes %.1f, values %.1f, "
           "gradients %.1f, scratch %.1f\n",
           p->sweeps, seconds, (double)p->param_bytes / MEGA, (double)p->node_bytes / MEGA,
           (double)p->value_bytes / MEGA, (double)p->grad_bytes / MEGA,
           (double)p->scratch_bytes / MEGA);
}

static void number(const char *key, double x) {
    printf(", \"%s\": ", key);
    wgi_json_number(stdout, x, WG_F64);
}

void wgi_profile_json(const wg_profile *p) {
    printf(", \"profile\": {\"sweeps\": %" PRIu64, p->sweeps);
    number("sweep_seconds", p->sweep_seconds);
    printf(", \"bytes\": {\"parameters\": %zu, \"nodes\": %zu, \"values\": %zu, "
           "\"gradients\": %zu, \"scratch\": %zu}, \"gates\": [",
           p->param_bytes, p->node_bytes, p->value_bytes, p->grad_bytes, p->scratch_bytes);
    for (size_t i = 0; i < p->n; ++i) {
        const wg_gate_cost *g = &p->gates[i];
        printf("%s{\"gate\": ", i ? ", " : "");
        wgi_json_string(stdout, g->gate);
        printf(", \"forward_calls\": %" PRIu64 ", \"reverse_calls\": %" PRIu64, g->forward_calls,
               g->reverse_calls);
        number("forward_seconds", g->forward_seconds);
        number("reverse_seconds", g->reverse_seconds);
        number("forward_work", g->forward_work);
        number("reverse_work", g->reverse_work);
        number("bytes", g->bytes);
        putchar('}');
    }
    fputs("]}", stdout);
}
