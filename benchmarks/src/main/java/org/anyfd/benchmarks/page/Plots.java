package org.anyfd.benchmarks.page;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Shape;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Rectangle2D;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jfree.chart.ChartFactory;
import org.jfree.chart.JFreeChart;
import org.jfree.chart.axis.CategoryAxis;
import org.jfree.chart.axis.LogAxis;
import org.jfree.chart.axis.NumberAxis;
import org.jfree.chart.axis.NumberTickUnitSource;
import org.jfree.chart.axis.SymbolAxis;
import org.jfree.chart.axis.ValueAxis;
import org.jfree.chart.block.BlockBorder;
import org.jfree.chart.plot.CategoryPlot;
import org.jfree.chart.plot.Plot;
import org.jfree.chart.plot.PlotOrientation;
import org.jfree.chart.plot.ValueMarker;
import org.jfree.chart.plot.XYPlot;
import org.jfree.chart.renderer.category.BarRenderer;
import org.jfree.chart.renderer.category.StandardBarPainter;
import org.jfree.chart.renderer.xy.XYErrorRenderer;
import org.jfree.chart.renderer.xy.XYLineAndShapeRenderer;
import org.jfree.chart.title.TextTitle;
import org.jfree.chart.ui.RectangleInsets;
import org.jfree.data.category.DefaultCategoryDataset;
import org.jfree.data.xy.XYIntervalSeries;
import org.jfree.data.xy.XYIntervalSeriesCollection;
import org.jfree.data.xy.XYSeries;
import org.jfree.data.xy.XYSeriesCollection;
import org.jfree.svg.SVGGraphics2D;

/** The three kinds of plots, as SVG: the same for the same numbers, with the same fonts. */
final class Plots {
    /** A median, and between what all values lie. */
    record Interval(double median, double least, double most) { }

    private static final int WIDTH = 860;
    private static final Color[] COLOURS = {new Color(0x1f6fb4), new Color(0xe07b00), new Color(0x2c8a3d), new Color(0x8c4bb0)};
    private static final Color JDK = new Color(0x808080);
    private static final Color GRID = new Color(0xe4e4e4);
    private static final BasicStroke THIN = new BasicStroke(1);
    /** Spreads that reach further right are cut, so that one bad moment does not squeeze all others. */
    private static final double FAR = 2.5;
    private static final Font FONT = new Font("SansSerif", Font.PLAIN, 12);
    private static final Font TITLE = new Font("SansSerif", Font.BOLD, 14);
    private static final Shape DOT = new Ellipse2D.Double(-4, -4, 8, 8);

    private final Path directory;

    Plots(Path directory) throws IOException {
        this.directory = directory;
        Files.createDirectories(directory);
    }

    /** A line for each label from the top, with an interval for each series, and a line at 1. */
    void ratios(String file, String title, String axis, List<String> labels, Map<String, Map<String, Interval>> series)
            throws IOException {
        XYIntervalSeriesCollection data = new XYIntervalSeriesCollection();
        XYErrorRenderer renderer = new XYErrorRenderer();
        renderer.setDrawYError(false);
        renderer.setErrorStroke(new BasicStroke(1.6f));
        int i = 0;
        for (String name : series.keySet()) {
            XYIntervalSeries points = new XYIntervalSeries(name);
            double shift = 0.3 * (i - (series.size() - 1) / 2.0);
            series.get(name).forEach((label, interval) -> {
                double y = labels.indexOf(label) + shift;
                points.add(interval.median, interval.least, interval.most, y, y, y);
            });
            data.addSeries(points);
            renderer.setSeriesPaint(i, COLOURS[i]);
            renderer.setSeriesShape(i++, DOT);
        }
        NumberAxis values = new NumberAxis(axis);
        values.setAutoRangeIncludesZero(true);
        SymbolAxis names = new SymbolAxis(null, labels.toArray(String[]::new));
        names.setInverted(true);
        names.setGridBandsVisible(false);
        names.setRange(-0.6, labels.size() - 0.4);
        XYPlot plot = new XYPlot(data, values, names, renderer);
        double median = series.values().stream().flatMap(s -> s.values().stream()).mapToDouble(Interval::median).max().orElse(0);
        double most = series.values().stream().flatMap(s -> s.values().stream()).mapToDouble(Interval::most).max().orElse(0);
        values.setRange(0, Math.max(1.2, 1.05 * Math.max(median, Math.min(most, FAR))));
        plot.addDomainMarker(new ValueMarker(1, Color.BLACK, new BasicStroke(1.4f)));
        style(plot);
        write(file, title, plot, 110 + 30 * labels.size());
    }

    /** Lines over a logarithmic axis, upwards logarithmic too. */
    void lines(String file, String title, String across, String up, Map<String, Map<Double, Double>> series) throws IOException {
        XYSeriesCollection data = new XYSeriesCollection();
        XYLineAndShapeRenderer renderer = new XYLineAndShapeRenderer();
        int i = 0;
        for (String name : series.keySet()) {
            XYSeries points = new XYSeries(name);
            series.get(name).forEach(points::add);
            data.addSeries(points);
            renderer.setSeriesPaint(i, colour(name, i));
            renderer.setSeriesStroke(i, new BasicStroke(2));
            renderer.setSeriesShape(i++, DOT);
        }
        XYPlot plot = new XYPlot(data, logarithmic(across), logarithmic(up), renderer);
        style(plot);
        write(file, title, plot, 380);
    }

    private static LogAxis logarithmic(String label) {
        LogAxis axis = new LogAxis(label);
        axis.setStandardTickUnits(new NumberTickUnitSource(true));
        axis.setNumberFormatOverride(new DecimalFormat("#,##0.###", DecimalFormatSymbols.getInstance(Locale.ROOT)));
        axis.setMinorTickMarksVisible(true);
        return axis;
    }

    /** Bars that lie, a group for each label. */
    void bars(String file, String title, String axis, Map<String, Map<String, Double>> series) throws IOException {
        DefaultCategoryDataset data = new DefaultCategoryDataset();
        series.forEach((name, values) -> values.forEach((label, value) -> data.addValue(value, name, label)));
        JFreeChart chart = ChartFactory.createBarChart(null, null, axis, data, PlotOrientation.HORIZONTAL, true, false, false);
        CategoryPlot plot = chart.getCategoryPlot();
        BarRenderer renderer = (BarRenderer) plot.getRenderer();
        renderer.setBarPainter(new StandardBarPainter());
        renderer.setShadowVisible(false);
        renderer.setItemMargin(0.05);
        int i = 0;
        for (String name : series.keySet()) renderer.setSeriesPaint(i, colour(name, i++));
        CategoryAxis names = plot.getDomainAxis();
        names.setCategoryMargin(0.3);
        names.setMaximumCategoryLabelWidthRatio(0.6f);
        names.setTickLabelFont(FONT);
        plot.getRangeAxis().setTickLabelFont(FONT);
        plot.getRangeAxis().setLabelFont(FONT);
        plot.setBackgroundPaint(Color.WHITE);
        plot.setRangeGridlinePaint(GRID);
        plot.setRangeGridlineStroke(THIN);
        plot.setOutlineVisible(false);
        write(file, title, plot, 110 + 22 * data.getColumnCount() * series.size() / 2 + 14 * data.getColumnCount());
    }

    private static Color colour(String name, int i) {
        return name.startsWith("JDK") ? JDK : COLOURS[Math.max(0, i - 1) % COLOURS.length];
    }

    private static void style(XYPlot plot) {
        plot.setBackgroundPaint(Color.WHITE);
        plot.setOutlineVisible(false);
        plot.setDomainGridlinePaint(GRID);
        plot.setDomainGridlineStroke(THIN);
        plot.setRangeGridlinePaint(GRID);
        plot.setRangeGridlineStroke(THIN);
        for (ValueAxis axis : new ValueAxis[] {plot.getDomainAxis(), plot.getRangeAxis()}) {
            axis.setLabelFont(FONT);
            axis.setTickLabelFont(FONT);
        }
    }

    private void write(String file, String title, Plot plot, int height) throws IOException {
        JFreeChart chart = new JFreeChart(null, FONT, plot, true);
        chart.setTitle(new TextTitle(title, TITLE));
        chart.setBackgroundPaint(Color.WHITE);
        chart.setPadding(new RectangleInsets(8, 8, 8, 16));
        chart.getLegend().setItemFont(FONT);
        chart.getLegend().setFrame(BlockBorder.NONE);
        SVGGraphics2D svg = new SVGGraphics2D(WIDTH, height);
        // Without it, names within the file have the time in them.
        svg.setDefsKeyPrefix("");
        chart.draw(svg, new Rectangle2D.Double(0, 0, WIDTH, height));
        Files.writeString(directory.resolve(file), svg.getSVGElement() + "\n");
    }
}
