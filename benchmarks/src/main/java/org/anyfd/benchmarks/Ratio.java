package org.anyfd.benchmarks;

import java.util.Arrays;
import java.util.List;

/** What anyfd needs for each unit that the JDK's provider needs, in rounds in which both took turns: the median, and all between. */
record Ratio(double median, double least, double most) {
    Ratio(double[] anyfd, double[] jdk) {
        this(sorted(anyfd, jdk));
    }

    private Ratio(double[] sorted) {
        this(middle(sorted), sorted[0], sorted[sorted.length - 1]);
    }

    private static double[] sorted(double[] anyfd, double[] jdk) {
        double[] ratios = new double[anyfd.length];
        for (int i = 0; i < ratios.length; i++) ratios[i] = anyfd[i] / jdk[i];
        Arrays.sort(ratios);
        return ratios;
    }

    static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return middle(sorted);
    }

    private static double middle(double[] sorted) {
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** Columns for a {@link Report}. */
    List<Object> columns() {
        return List.of("ratio", median, "least", least, "most", most);
    }
}
