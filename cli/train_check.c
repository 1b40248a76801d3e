/* train_check.c: see train_check.h */
#include "cli/train_check.h"

#include "cli/check_report.h"
#include "cli/cli.h"

static void print_text(const wg_train_check_result *r) {
    printf("after %lld steps, on %lld examples: the data loss, %.6g\n\n", (long long)r->steps,
           (long long)r->examples, r->data->value);
    wgi_check_table(r->data);
    if (!r->regulariser->n) {
        puts("\nno regulariser (--decay 0)");
        return;
    }
    *r->regulariser->rule = '\0'; /* it is printed once */
    printf("\nthe regulariser, %.6g\n\n", r->regulariser->value);
    wgi_check_table(r->regulariser);
}

static void print_json(const wg_train_check_result *r) {
    printf("{\"verdict\": \"%s\", \"steps\": %lld, \"examples\": %lld, \"data\": ",
           wg_verdict_name(r->verdict), (long long)r->steps, (long long)r->examples);
    wgi_check_json_object(r->data);
    fputs(", \"regulariser\": ", stdout);
    if (r->regulariser->n) wgi_check_json_object(r->regulariser);
    else fputs("null", stdout);
    puts("}");
}

int wgi_train_check(const wgi_train_plan *plan, wg_model *model, const wg_dataset *data,
                    const wg_preprocess *preprocess, const wg_partition *split,
                    const wg_train_options *training) {
    wg_error e = {WG_OK, ""};
    wg_gradcheck_options check = {.size = sizeof check,
                                  .coordinates = plan->coordinates,
                                  .seed = plan->seed};
    wg_train_check_options o = {.size = sizeof o, .steps = plan->check_after, .check = &check};
    wg_train_check_result r = {.size = sizeof r};
    wg_status s = wg_train_check(model, data, preprocess, split, training, &o, &r, &e);
    int status = wgi_verdict_exit(r.verdict);
    if (s != WG_OK && s != WG_ERR_CHECK)
        status = wgi_complain("train", s == WG_ERR_VALUE ? WGI_EXIT_CHECK : wgi_exit_of(s), "%s",
                              e.text);
    else if (plan->json) print_json(&r);
    else print_text(&r);
    wg_train_check_clear(&r);
    return status;
}
