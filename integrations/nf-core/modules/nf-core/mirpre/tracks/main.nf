process MIRPRE_TRACKS {
    tag "${meta.id}"
    label 'process_single'

    conda "${moduleDir}/environment.yml"
    container "${workflow.containerEngine in ['singularity', 'apptainer'] && !task.ext.singularity_pull_docker_container
        ? 'https://depot.galaxyproject.org/singularity/mirpre:0.1.0--BUILD'
        : 'quay.io/biocontainers/mirpre:0.1.0--BUILD'}"

    input:
    tuple val(meta), path(calls)

    output:
    tuple val(meta), path("*.bed"), emit: bed, optional: true
    tuple val(meta), path("*.gff3"), emit: gff3, optional: true
    tuple val("${task.process}"), val('mirpre'), eval("mirpre --version | sed 's/mirpre //'"), emit: versions_mirpre, topic: versions

    when:
    task.ext.when == null || task.ext.when

    script:
    def args = task.ext.args ?: ''
    def prefix = task.ext.prefix ?: "${meta.id}"
    def suffix = args.contains('gff3') ? 'gff3' : 'bed'
    """
    mirpre tracks \\
        ${args} \\
        --output ${prefix}.${suffix} \\
        ${calls}
    """

    stub:
    def prefix = task.ext.prefix ?: "${meta.id}"
    """
    touch ${prefix}.bed
    """
}
