// Predicts the salt probability of a SEG-Y volume with diapir.hpp and, given labels, says how good it is.
// Usage: predict MODEL.safetensors SURVEY.sgy PROBABILITY.sgy [LABEL.sgy]
#include <diapir/diapir.hpp>

#include <cstdint>
#include <iostream>

static int run(int argc, char **argv) {
    const diapir::Model model(argv[1]);
    const diapir::Survey survey(argv[2]);

    diapir::Callbacks callbacks;
    callbacks.log = [](int level, const char *message) {
        if (level <= 2) {
            std::cout << "warning: " << message << '\n';
        }
    };
    callbacks.progress = [](const char *stage, std::uint64_t done, std::uint64_t total) {
        if (done == total) {
            std::cout << stage << ": " << done << '\n';
        }
        return true;
    };
    const auto options = diapir::defaults<diapir_predict_options>();
    const auto output = diapir::defaults<diapir_predict_survey_output>();
    const auto report = model.predict_survey(survey, argv[3], options, output, callbacks);
    std::cout << report.tiles << " tiles in " << report.seconds_total << " s\n";

    if (argc == 5) {
        const diapir::Survey probability(argv[3]), label(argv[4]);
        const auto evaluation = diapir::evaluate(probability, label);
        std::cout << "IoU " << evaluation.voxel_iou << ", tile score " << evaluation.tile_score << '\n';
    }
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 4 && argc != 5) {
        std::cerr << "usage: predict MODEL.safetensors SURVEY.sgy PROBABILITY.sgy [LABEL.sgy]\n";
        return 2;
    }
    try {
        return run(argc, argv);
    } catch (const diapir::Error &error) {
        std::cerr << diapir_status_text(error.status()) << ": " << error.path() << ": " << error.what() << '\n';
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
    }
    return 1;
}
