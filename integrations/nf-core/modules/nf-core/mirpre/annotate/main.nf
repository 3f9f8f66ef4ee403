process MIRPRE_ANNOTATE {
    tag "${meta.id}"
    label 'process_medium'

    conda "${moduleDir}/environment.yml"
    container "${workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container
        ? 'https://depot.galaxyproject.org/singularity/mirpre:0.1.0--BUILD'
        : 'quay.io/biocontainers/mirpre:0.1.0--BUILD'}"

    input:
    tuple val(meta), path(calls), path(reads), path(index)
    tuple val(meta2), path(genome)
    tuple val(meta3), path(known)

    output:
    tuple val(meta), path("*.gff3"), emit: gff3
    tuple val(meta), path("*.annotation.tsv"), emit: tsv
    tuple val(meta), path("*.{fa,fasta}"), emit: fasta, optional: true
    tuple val(meta), path("*_mqc.json"), emit: multiqc
    tuple val("${task.process}"), val('mirpre'), eval("mirpre --version | sed 's/mirpre //'"), emit: versions_mirpre, topic: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    def alignments = reads ? [reads].flatten().collect { "--reads ${it}" }.join(' ') : ''
    def matures = known ? "--known ${known}" : ''
    """
    mirpre annotate \\
        ${args} \\
        --genome ${genome} \\
        ${alignments} \\
        ${matures} \\
        --threads ${task.cpus} \\
        --also tsv ${prefix}.annotation.tsv \\
        --multiqc ${prefix}_mqc.json \\
        --output ${prefix}.gff3 \\
        ${calls}
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.gff3 ${prefix}.annotation.tsv ${prefix}_mqc.json
    """
}
